// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "hdf5/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <fstream>
#include <numeric>
#include <thread>

#include "base/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace dtrain::hdf5 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::vector<float> counting(std::int64_t count) {
  std::vector<float> values(static_cast<std::size_t>(count));
  std::iota(values.begin(), values.end(), 0.0f);
  return values;
}

class FileTest : public ::testing::Test {
 protected:
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  TemporaryFolder folder_;
};

TEST_F(FileTest, ReadsBackWhatItWrote) {
  const std::vector<float> weights = counting(6);
  const std::vector<std::int64_t> labels = {-1, 7, std::int64_t{1} << 40};
  {
    File file = File::create(path("a.h5"));
    {
      Group group = file.create_group("zebra").create_group("inner");
      group.write_array<float>("weight", {2, 3}, weights);
      group.write_array<std::int64_t>("labels", {3}, labels, {2, true});
      group.write_string("text", "{\"naïve\": 1}");
      file.create_group("ant");
    }
    file.close();
  }
  const File file = File::open(path("a.h5"));
  EXPECT_THAT(file.names(), ElementsAre("zebra", "ant"));  // as created, not by name
  const Group group = file.group("zebra/inner");
  const Dataset weight = group.dataset("weight");
  EXPECT_THAT(weight.extents(), ElementsAre(2, 3));
  EXPECT_EQ(weight.type(), ElementType::float32);
  EXPECT_EQ(weight.read<float>(), weights);
  EXPECT_EQ(group.dataset("labels").read<std::int64_t>(), labels);
  EXPECT_EQ(group.dataset("labels").storage().chunk_rows, 2);
  EXPECT_TRUE(group.dataset("labels").storage().fletcher32);
  EXPECT_EQ(group.dataset("text").read_string(), "{\"naïve\": 1}");
  float row[3];
  weight.read_rows(1, 1, ElementType::float32, row);
  EXPECT_THAT(row, ElementsAre(3, 4, 5));
}

TEST_F(FileTest, KeepsAttributesOfEveryType) {
  {
    File file = File::create(path("a.h5"));
    file.set_attribute("int", std::int64_t{-5});
    file.set_attribute("seed", ~std::uint64_t{0});
    file.set_attribute("real", 0.1);
    file.set_attribute("text", std::string("dtrain"));
    file.set_attribute("empty", std::string());
    file.set_attribute("floats", std::vector<float>{1.5f, -2});
    file.set_attribute("names", std::vector<std::string>{"T-shirt/top", "", "Bag"});
    file.close();
  }
  const File file = File::open(path("a.h5"));
  EXPECT_EQ(file.attribute<std::int64_t>("int"), -5);
  EXPECT_EQ(file.attribute<std::uint64_t>("seed"), ~std::uint64_t{0});
  EXPECT_EQ(file.attribute<double>("real"), 0.1);
  EXPECT_EQ(file.attribute<std::string>("text"), "dtrain");
  EXPECT_EQ(file.attribute<std::string>("empty"), "");
  EXPECT_THAT(file.attribute<std::vector<float>>("floats"), ElementsAre(1.5f, -2.0f));
  EXPECT_THAT(file.attribute<std::vector<std::string>>("names"),
              ElementsAre("T-shirt/top", "", "Bag"));
  EXPECT_FALSE(file.has_attribute("absent"));
  EXPECT_THAT([&] { file.attribute<double>("absent"); },
              ThrowsMessage<InputError>(HasSubstr("attribute 'absent' is missing")));
  EXPECT_THAT([&] { file.attribute<double>("text"); },
              ThrowsMessage<InputError>(HasSubstr("'text' is not a number")));
  EXPECT_THAT([&] { file.attribute<std::int64_t>("real"); },
              ThrowsMessage<InputError>(HasSubstr("'real' is not an integer")));
  EXPECT_THAT([&] { file.attribute<double>("floats"); },
              ThrowsMessage<InputError>(HasSubstr("has 2 elements")));
}

TEST_F(FileTest, ImageInMemoryIsAFileWithAFreeUserBlock) {
  File memory = File::create_in_memory("memory", 512);
  memory.set_attribute("answer", std::int64_t{42});
  memory.write_array<float>("x", {1000}, counting(1000));
  std::vector<std::byte> image = memory.image();
  ASSERT_GT(image.size(), 4512u);
  EXPECT_EQ(std::count(image.begin(), image.begin() + 512, std::byte{0}), 512);
  const char signature[] = "\x89HDF";
  EXPECT_EQ(std::memcmp(image.data() + 512, signature, 4), 0);

  std::fill(image.begin(), image.begin() + 512, std::byte{'u'});
  const File again = File::open_image("image", image);
  EXPECT_EQ(again.attribute<std::int64_t>("answer"), 42);
  EXPECT_EQ(again.dataset("x").read<float>(), counting(1000));

  std::ofstream(path("a.h5"), std::ios::binary)
      .write(reinterpret_cast<const char*>(image.data()),
             static_cast<std::streamsize>(image.size()));
  EXPECT_EQ(File::open(path("a.h5")).dataset("x").read<float>(), counting(1000));
}

TEST_F(FileTest, NamesWhatIsWrongWithAFile) {
  EXPECT_THAT([&] { File::open(path("absent.h5")); },
              ThrowsMessage<InputError>(
                  ::testing::AllOf(HasSubstr("absent.h5"), HasSubstr("No such file"))));
  std::ofstream(path("text.h5")) << "this is not HDF5";
  EXPECT_THAT([&] { File::open(path("text.h5")); },
              ThrowsMessage<InputError>(HasSubstr("cannot be opened as an HDF5 file")));
  {
    File file = File::create(path("a.h5"));
    file.write_array<float>("x", {1000}, counting(1000));
    file.close();
  }
  std::filesystem::resize_file(path("a.h5"), 2000);
  EXPECT_THAT([&] { File::open(path("a.h5")); }, ThrowsMessage<InputError>(HasSubstr("truncated")));
  EXPECT_THAT([&] { File::create(path("no/such/folder.h5")); },
              ThrowsMessage<Error>(HasSubstr("No such file or directory")));
}

TEST_F(FileTest, FindsADamagedChunk) {
  const std::vector<float> values = counting(1000);
  {
    File file = File::create(path("a.h5"));
    file.write_array<float>("x", {1000}, values, {100, true});
    file.close();
  }
  // 555.0f as it lies in the file.
  std::fstream stream(path("a.h5"), std::ios::in | std::ios::out | std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(stream)), {});
  const auto at = bytes.find(std::string(reinterpret_cast<const char*>(&values[555]), 4));
  ASSERT_NE(at, std::string::npos);
  stream.clear();
  stream.seekp(static_cast<std::streamoff>(at));
  stream.put(bytes[at] ^ 1);
  stream.close();

  const File file = File::open(path("a.h5"));
  const Dataset x = file.dataset("x");
  float row;
  x.read_rows(499, 1, ElementType::float32, &row);
  EXPECT_EQ(row, 499);
  EXPECT_THAT([&] { x.read_rows(500, 1, ElementType::float32, &row); },
              ThrowsMessage<InputError>(::testing::AllOf(
                  HasSubstr("a.h5: /x: cannot read rows 500 to 500"), HasSubstr("Fletcher32"))));
}

TEST_F(FileTest, AnArrayThatWasNeverWrittenIsIncomplete) {
  {
    File file = File::create(path("a.h5"));
    file.create_dataset("chunked", ElementType::float32, {1000, 4}, {100, true})
        .write_rows(0, 950, ElementType::float32, counting(3800).data());
    file.create_dataset("absurd", ElementType::float32, {std::int64_t{1} << 50}, {100, true});
    file.close();
  }
  const File file = File::open(path("a.h5"));
  file.dataset("chunked").require_complete();  // the last chunk exists
  EXPECT_THAT([&] { file.dataset("absurd").read<float>(); },
              ThrowsMessage<InputError>(HasSubstr("/absurd: is incomplete")));
}

TEST_F(FileTest, AFullDiskIsAnErrorAndNotACrash) {
  // A limit on the size of files stands in for a full disk.
  struct rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small = {4096, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  EXPECT_THAT(
      [&] {
        File file = File::create(path("full.h5"));
        file.write_array<float>("x", {100000}, counting(100000), {1000, true});
        file.close();
      },
      ThrowsMessage<Error>(HasSubstr("File too large")));
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  // The library still works.
  File file = File::create(path("b.h5"));
  file.write_array<float>("x", {10}, counting(10));
  file.close();
}

TEST_F(FileTest, ThreadsMayUseDifferentFiles) {
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        const auto name = path(std::to_string(t) + ".h5");
        File file = File::create(name);
        file.write_array<float>("x", {500}, counting(500), {50, true});
        file.close();
        if (File::open(name).dataset("x").read<float>() == counting(500)) ++good;
        EXPECT_THROW(File::open(path("none.h5")), InputError);
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 40);
}

}  // namespace
}  // namespace dtrain::hdf5
