// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#include "kernels/augment.hpp"

#include <set>

#include "tests/kernels/function_sets.hpp"

namespace dtrain::kernels {
namespace {

/// Samples of one shape and type with everything that AugmentArgs points to.
struct Images {
  Images(std::int64_t samples, Shape shape, SampleType type) {
    args.samples = samples;
    args.channels = shape[0];
    args.height = shape[1];
    args.width = shape[2];
    args.type = type;
    const std::int64_t size = shape.elements();
    const Values draws = random_values(samples * size, 1, 0, 256);
    for (float draw : draws) bytes.push_back(static_cast<std::uint8_t>(draw));
    floats = random_values(samples * size, 2);
    for (std::int64_t n = 0; n < samples; ++n) {
      if (type == SampleType::uint8)
        sources.push_back(bytes.data() + n * size);
      else
        sources.push_back(floats.data() + n * size);
      ids.push_back(3 * n + 1);
    }
    for (std::int64_t c = 0; c < shape[0]; ++c) {
      mean.push_back(0.3f + 0.1f * static_cast<float>(c));
      deviation.push_back(0.2f + 0.05f * static_cast<float>(c));
    }
    args.sources = sources.data();
    args.sample_ids = ids.data();
    args.mean = mean.data();
    args.std = deviation.data();
    args.seed = 17;
    args.epoch = 2;
  }

  float stored(std::int64_t n, std::int64_t c, std::int64_t i, std::int64_t j) const {
    const auto at =
        static_cast<std::size_t>(((n * args.channels + c) * args.height + i) * args.width + j);
    return args.type == SampleType::uint8 ? static_cast<float>(bytes[at]) / 255.0f : floats[at];
  }

  AugmentArgs args;
  std::vector<std::uint8_t> bytes;
  Values floats, mean, deviation;
  std::vector<const void*> sources;
  std::vector<std::int64_t> ids;
};

class AugmentTest : public OnEveryFunctionSet {
 protected:
  Values run(const cpu::Functions& set, AugmentArgs args) {
    Values output(static_cast<std::size_t>(args.samples * args.channels * args.height * args.width),
                  nan_value);
    args.output = output.data();
    set.augment(args, stream);
    return output;
  }
};

TEST_P(AugmentTest, NormalisesByHand) {
  const std::uint8_t bytes[] = {0, 255};
  const float floats[] = {0.5f, 2};
  const void* sources[] = {bytes};
  const std::int64_t id = 0;
  const float mean = 0.5f, deviation = 0.25f;
  AugmentArgs args{.samples = 1,
                   .channels = 1,
                   .height = 1,
                   .width = 2,
                   .sources = sources,
                   .sample_ids = &id,
                   .mean = &mean,
                   .std = &deviation};
  expect_close(run(functions, args), {-2, 2}, 1e-6, 0, "uint8");
  sources[0] = floats;
  args.type = SampleType::float32;
  expect_close(run(functions, args), {0, 6}, 1e-6, 0, "float32");
}

// Built the long way: pad the image, cut the window, mirror it.
TEST_P(AugmentTest, CropsAndFlipsAsThePaddedImageSays) {
  for (const std::int64_t padding : {1, 4, 9}) {  // 9: wider than the image
    Images images(24, {2, 7, 5}, SampleType::uint8);
    images.args.crop_padding = padding;
    images.args.flip = true;
    const Values output = run(functions, images.args);
    std::size_t at = 0;
    for (std::int64_t n = 0; n < 24; ++n) {
      const AugmentDraw draw = augment_draw(images.args, images.ids[static_cast<std::size_t>(n)]);
      for (std::int64_t c = 0; c < 2; ++c) {
        const std::int64_t height = 7 + 2 * padding, width = 5 + 2 * padding;
        Values canvas(static_cast<std::size_t>(height * width), 0.0f);
        for (std::int64_t i = 0; i < 7; ++i)
          for (std::int64_t j = 0; j < 5; ++j)
            canvas[static_cast<std::size_t>((i + padding) * width + j + padding)] =
                images.stored(n, c, i, j);
        for (std::int64_t i = 0; i < 7; ++i)
          for (std::int64_t j = 0; j < 5; ++j, ++at) {
            const std::int64_t row = i + draw.row_offset + padding;
            const std::int64_t column = (draw.mirrored ? 4 - j : j) + draw.column_offset + padding;
            const float x = canvas[static_cast<std::size_t>(row * width + column)];
            const auto channel = static_cast<std::size_t>(c);
            ASSERT_NEAR(output[at], (x - images.mean[channel]) / images.deviation[channel], 2e-6)
                << "sample " << n << " channel " << c << " row " << i << " column " << j;
          }
      }
    }
  }
}

TEST_P(AugmentTest, AgreesWithReferenceAtAllSizes) {
  const Shape shapes[] = {{1, 1, 1}, {1, 8, 8}, {1, 28, 28}, {3, 32, 32}, {2, 5, 33}};
  for (const SampleType type : {SampleType::uint8, SampleType::float32})
    for (const Shape& shape : shapes)
      for (const std::int64_t samples : {0, 1, 37})
        for (const std::int64_t padding : {0, 4})
          for (const bool flip : {false, true}) {
            Images images(samples, shape, type);
            images.args.crop_padding = padding;
            images.args.flip = flip;
            expect_close(run(functions, images.args), run(reference, images.args), 1e-6, 1e-6,
                         shape.to_string());
          }
}

TEST(AugmentDraw, CoversItsRangeAndDependsOnSampleAndEpoch) {
  AugmentArgs args{.crop_padding = 2, .flip = true, .seed = 1};
  std::set<std::int64_t> rows, columns;
  int mirrored = 0;
  for (std::int64_t id = 0; id < 400; ++id) {
    const AugmentDraw draw = augment_draw(args, id);
    rows.insert(draw.row_offset);
    columns.insert(draw.column_offset);
    mirrored += draw.mirrored ? 1 : 0;
  }
  EXPECT_EQ(rows, (std::set<std::int64_t>{-2, -1, 0, 1, 2}));
  EXPECT_EQ(columns, rows);
  EXPECT_NEAR(mirrored, 200, 40);

  int changed = 0;
  for (std::int64_t id = 0; id < 100; ++id) {
    const AugmentDraw before = augment_draw(args, id);
    args.epoch ^= 1;
    const AugmentDraw after = augment_draw(args, id);
    changed += before.row_offset != after.row_offset || before.column_offset != after.column_offset;
  }
  EXPECT_GT(changed, 80);

  args.crop_padding = 0;
  args.flip = false;
  const AugmentDraw none = augment_draw(args, 5);
  EXPECT_TRUE(none.row_offset == 0 && none.column_offset == 0 && !none.mirrored);
}

DTRAIN_ON_EVERY_FUNCTION_SET(AugmentTest);

}  // namespace
}  // namespace dtrain::kernels
