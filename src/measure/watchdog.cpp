// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "measure/watchdog.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace dtrain::measure {
namespace {

/// Every rank's integer, in rank order.
std::vector<int> gather(comm::Communicator& communicator, int mine) {
  std::vector<int> all;
  for (const auto& bytes : communicator.all_gather(std::as_bytes(std::span(&mine, 1))))
    std::memcpy(&all.emplace_back(), bytes.data(), sizeof(int));
  return all;
}

/// Without room for shared memory every rank is a node of its own.
std::unique_ptr<comm::NodeGroup> group_of(comm::Communicator& communicator) {
  if (communicator.has_shared_memory(sizeof(RankRecord))) return communicator.make_node_group();
  return comm::make_self_communicator()->make_node_group();
}

}  // namespace

Watchdog::Watchdog(comm::Communicator& communicator, WatchdogOptions options)
    : communicator_(communicator),
      options_(std::move(options)),
      group_(group_of(communicator)),
      blocks_(group_->allocate(sizeof(RankRecord))) {
  for (int rank = 0; rank < group_->size(); ++rank)  // zeroed memory is a record's initial state
    records_.push_back(std::launder(reinterpret_cast<RankRecord*>(blocks_->block(rank))));
  RankRecord& record = own();
  record.rank = communicator.rank();
  record.pid = getpid();
  gethostname(record.host, sizeof record.host - 1);
  record.heard_ms = progress_clock_ms();
  communicator.barrier();  // all records are complete
  nodes_ = gather(communicator, records_[0]->rank);
  std::ranges::sort(nodes_);
  nodes_.erase(std::unique(nodes_.begin(), nodes_.end()), nodes_.end());
  thread_ = std::thread([this] { run(); });
}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

RankRecord& Watchdog::own() {
  return *records_[static_cast<std::size_t>(group_->rank())];
}

bool Watchdog::meet_in(const std::filesystem::path& folder) {
  if (nodes_.size() == 1) return true;
  if (communicator_.is_root()) {
    Meeting::prepare(folder);
    folder_ = folder;
  }
  communicator_.barrier();  // there is a folder
  if (group_->rank() == 0)
    Meeting::enter(folder, records_[0]->rank, NodeWatch(records_, 0).states());
  communicator_.barrier();  // all have entered
  Meeting meeting(folder, records_[0]->rank, nodes_);
  std::int64_t complete = meeting.is_complete() ? 1 : 0;
  communicator_.allreduce(std::span(&complete, 1), comm::ReduceOp::min);
  if (complete == 0) return false;
  const std::lock_guard lock(mutex_);
  meeting_ = std::make_unique<PatientMeeting>(std::move(meeting));
  return true;
}

std::optional<std::vector<RankState>> Watchdog::roll(const NodeWatch& node, PatientMeeting* meeting,
                                                     std::int64_t now_ms) const {
  const bool overdue = node.quiet_seconds() >= options_.timeout_seconds;
  if (meeting != nullptr) {
    auto all = meeting->look(now_ms, node.quiet_seconds(), options_.timeout_seconds, node.states());
    if (all || !meeting->is_stuck(now_ms)) return all;
    // The nodes' file system hangs, and they with it as far as can be seen from here.
  }
  return overdue ? std::optional(node.states()) : std::nullopt;
}

void Watchdog::run() {
  const auto interval = std::chrono::duration<double>(std::min(1.0, options_.timeout_seconds / 4));
  NodeWatch node(records_, group_->rank());
  for (;;) {
    PatientMeeting* meeting = nullptr;
    {
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, interval, [&] { return stopping_; })) return;
      meeting = meeting_.get();  // it stays, once it is there
    }
    const std::int64_t now_ms = progress_clock_ms();
    node.look(now_ms);
    if (node.end() == NodeWatch::End::told) return options_.on_end();
    if (!node.speaks()) continue;
    const auto all = roll(node, meeting, now_ms);
    if (meeting != nullptr && meeting->ended()) node.end_told();
    if (!all || !node.begin_end()) continue;
    options_.on_hang(call_roll(*all, node.quiet_seconds()));
    if (meeting != nullptr) meeting->end();
    node.end_told();
    return options_.on_end();
  }
}

}  // namespace dtrain::measure
