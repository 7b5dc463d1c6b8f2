// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// multihost_switch COUNTERS DELAY_US NAMESPACE...: an Ethernet switch between network namespaces.
//
// Each NAMESPACE (a file as in /proc/PID/ns/net) has a TAP device eth0; the i-th one's address ends
// in i, counted from 1, so that nothing need be learned. A frame arrives DELAY_US after it was sent,
// which kernels without sch_netem cannot do. The file COUNTERS holds the bytes of TCP payload that
// each host has sent and received since the start, as pairs of native 64-bit integers.
// Returns when frames flow, and goes on in the background until it is killed.

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <string>
#include <system_error>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

/// One frame as a TAP device gives it: struct virtio_net_hdr (whose header C++ cannot read), Ethernet
/// header, packet. A packet may be up to 64 KiB, which stands for several on a wire.
using Frame = std::vector<unsigned char>;
constexpr std::size_t ethernet_at = 10;
constexpr std::size_t packet_at = ethernet_at + 14;
constexpr std::size_t largest_frame = packet_at + 65536;

struct Counters {
  std::uint64_t sent, received;
};

struct InFlight {
  Clock::time_point due;
  std::size_t to;
  Frame frame;
};

/// The result of a system call, which must not be negative.
int must(int result, const std::string& what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

/// Enters a network namespace for good and takes hold of its eth0.
int open_tap(const std::string& network_namespace) {
  const int file = must(open(network_namespace.c_str(), O_RDONLY | O_CLOEXEC), network_namespace);
  must(setns(file, CLONE_NEWNET), network_namespace);
  close(file);
  const int tap = must(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC), "/dev/net/tun");
  ifreq request{};
  std::strcpy(request.ifr_name, "eth0");
  request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
  must(ioctl(tap, TUNSETIFF, &request), "eth0");
  must(ioctl(tap, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4), "eth0");
  return tap;
}

Counters* map_counters(const std::string& path, std::size_t ports) {
  const int file = must(open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), path);
  must(ftruncate(file, static_cast<off_t>(ports * sizeof(Counters))), path);
  void* memory = mmap(nullptr, ports * sizeof(Counters), PROT_WRITE, MAP_SHARED, file, 0);
  must(memory == MAP_FAILED ? -1 : 0, path);
  close(file);
  return static_cast<Counters*>(memory);
}

/// 0 for what is not TCP over IPv4.
std::size_t tcp_payload(const Frame& frame) {
  iphdr ip;
  tcphdr tcp;
  if (frame.size() < packet_at + sizeof ip + sizeof tcp) return 0;
  std::memcpy(&ip, &frame[packet_at], sizeof ip);
  if (ip.version != 4 || ip.protocol != IPPROTO_TCP) return 0;
  std::memcpy(&tcp, &frame[packet_at + ip.ihl * 4], sizeof tcp);
  return frame.size() - packet_at - (ip.ihl + tcp.doff) * 4u;
}

/// Waits for a frame to come or to become due.
void wait(std::vector<pollfd>& taps, const std::deque<InFlight>& wire) {
  using namespace std::chrono;
  const auto left = wire.empty() ? nanoseconds(0) : nanoseconds(wire.front().due - Clock::now());
  const auto ns = std::max(left, nanoseconds(0)).count();
  const timespec timeout{ns / 1'000'000'000, ns % 1'000'000'000};
  ppoll(taps.data(), taps.size(), wire.empty() ? nullptr : &timeout, nullptr);
}

[[noreturn]] void forward(std::vector<pollfd> taps, Counters* counters, Clock::duration delay) {
  std::deque<InFlight> wire;  // in order of `due`, as all frames take the same time
  Frame buffer(largest_frame);
  for (;;) {
    wait(taps, wire);
    for (std::size_t from = 0; from < taps.size(); ++from) {
      const auto size = read(taps[from].fd, buffer.data(), buffer.size());
      if (size <= static_cast<ssize_t>(packet_at)) continue;
      const Frame frame(buffer.begin(), buffer.begin() + size);
      const bool to_all = (frame[ethernet_at] & 1) != 0;
      const std::size_t station = frame[ethernet_at + 5];
      counters[from].sent += tcp_payload(frame);
      for (std::size_t to = 0; to < taps.size(); ++to)
        if (to != from && (to_all || station == to + 1))
          wire.push_back({Clock::now() + delay, to, frame});
    }
    for (; !wire.empty() && wire.front().due <= Clock::now(); wire.pop_front()) {
      const auto& [due, to, frame] = wire.front();
      // A host whose link is down loses what is sent to it.
      if (write(taps[to].fd, frame.data(), frame.size()) > 0)
        counters[to].received += tcp_payload(frame);
    }
  }
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 4) {
    std::fputs("usage: multihost_switch COUNTERS DELAY_US NAMESPACE...\n", stderr);
    return 2;
  }
  std::vector<pollfd> taps;
  for (int i = 3; i < argc; ++i) taps.push_back({open_tap(argv[i]), POLLIN, 0});
  Counters* counters = map_counters(argv[1], taps.size());
  // Busy ranks must not hold up the frames; without the right to this they sometimes do.
  const sched_param priority{10};
  sched_setscheduler(0, SCHED_FIFO, &priority);
  must(daemon(0, 0), "cannot go to the background");
  forward(std::move(taps), counters, std::chrono::microseconds(std::strtol(argv[2], nullptr, 10)));
} catch (const std::exception& error) {
  std::fprintf(stderr, "multihost_switch: %s\n", error.what());
  return 1;
}
