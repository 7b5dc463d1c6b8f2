// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

// One sample a row: a label and C*H*W pixels, separated by commas, semicolons or tabs. A first row
// that is not numbers names the columns. Pixels that are all integers from 0 to 255 are stored as
// uint8, others as float32. Labels that are not all small integers are class names, numbered by the
// alphabet.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <string>

#include "base/error.hpp"
#include "datasets/formats/format.hpp"
#include "datasets/formats/input_file.hpp"
#include "datasets/formats/source_files.hpp"

namespace dtrain::datasets {
namespace {

constexpr std::int64_t largest_label = 99999;

bool is_table(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  return name.ends_with(".csv") || name.ends_with(".csv.gz") || name.ends_with(".tsv");
}

/// The file's lines, without their ends; nullopt after the last. Empty lines are skipped.
class LineReader {
 public:
  explicit LineReader(InputFile& file) : file_(file) {}
  std::optional<std::string> next() {
    std::string line;
    while (true) {
      if (position_ == filled_) {
        filled_ = file_.read(buffer_);
        position_ = 0;
      }
      const bool ended = filled_ == 0;
      const char c = ended ? '\n' : static_cast<char>(buffer_[position_++]);
      if (c != '\n') {
        line += c;
        continue;
      }
      if (!ended) ++number_;
      if (line.ends_with('\r')) line.pop_back();
      if (!line.empty()) return line;
      if (ended) return std::nullopt;
    }
  }
  std::int64_t number() const { return number_; }

 private:
  InputFile& file_;
  std::vector<std::byte> buffer_ = std::vector<std::byte>(1 << 16);
  std::size_t position_ = 0, filled_ = 0;
  std::int64_t number_ = 0;
};

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '"')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '"')) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split_fields(std::string_view line, char separator) {
  std::vector<std::string_view> fields;
  while (true) {
    const auto end = line.find(separator);
    fields.push_back(trim(line.substr(0, end)));
    if (end == std::string_view::npos) return fields;
    line.remove_prefix(end + 1);
  }
}

template <class T>
std::optional<T> parse(std::string_view text) {
  T value{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Rows {
  std::vector<float> pixels;
  std::vector<std::string> labels;
};

class CsvReader {
 public:
  explicit CsvReader(const ImportRequest& request) : request_(request) {}

  void read(const SourceFile& source) {
    InputFile file(source.path);
    LineReader lines(file);
    auto line = lines.next();
    if (!line) file.fail("holds no rows");
    const char separator = find_separator(*line);
    if (start_file(file, split_fields(*line, separator))) line = lines.next();
    const bool test =
        source.test || source.path.filename().string().find("test") != std::string::npos;
    for (; line; line = lines.next())
      add_row(file, lines.number(), split_fields(*line, separator), test ? test_ : train_);
  }

  ImportedDataset finish() {
    ImportedDataset dataset;
    dataset.info.sample_shape = sample_shape();
    dataset.info.type = bytes_ ? SampleType::uint8 : SampleType::float32;
    dataset.info.classes = class_names();
    dataset.train = finish_split(train_, dataset.info.classes);
    dataset.test = finish_split(test_, dataset.info.classes);
    return dataset;
  }

 private:
  static char find_separator(std::string_view line) {
    for (char separator : {'\t', ';'})
      if (line.find(separator) != std::string_view::npos) return separator;
    return ',';
  }

  /// Finds the label's column. True when `first` is a header and no sample.
  bool start_file(const InputFile& file, const std::vector<std::string_view>& first) {
    if (first.size() < 2) file.fail("has one column; a label and pixels were expected");
    if (columns_ == 0) columns_ = first.size();
    const std::string& wanted = request_.label_column;
    const auto number = parse<std::size_t>(wanted);
    label_column_ = first.size() - 1;
    if (number) {
      if (*number >= first.size())
        file.fail(fmt::format("has no column {}: it has {}, counted from 0", wanted, first.size()));
      label_column_ = *number;
    } else {
      const auto named = std::find(first.begin(), first.end(), wanted.empty() ? "label" : wanted);
      if (named != first.end()) {
        label_column_ = static_cast<std::size_t>(named - first.begin());
        return true;
      }
      if (!wanted.empty())
        file.fail(fmt::format("has no column named \"{}\" in its first row", wanted));
    }
    for (std::size_t column = 0; column < first.size(); ++column)
      if (column != label_column_ && parse<double>(first[column])) return false;
    return true;
  }

  void add_row(const InputFile& file, std::int64_t line,
               const std::vector<std::string_view>& fields, Rows& rows) {
    if (fields.size() != columns_)
      file.fail(
          fmt::format("line {} has {} columns, {} were expected", line, fields.size(), columns_));
    for (std::size_t column = 0; column < fields.size(); ++column) {
      if (column == label_column_) continue;
      const auto value = parse<float>(fields[column]);
      if (!value || !std::isfinite(*value))
        file.fail(fmt::format("line {}, column {}: \"{}\" is not a finite number", line, column,
                              fields[column]));
      bytes_ = bytes_ && *value >= 0 && *value <= 255 && *value == std::floor(*value);
      rows.pixels.push_back(*value);
    }
    if (fields[label_column_].empty()) file.fail(fmt::format("line {} has no label", line));
    rows.labels.emplace_back(fields[label_column_]);
  }

  Shape sample_shape() const {
    const auto pixels = static_cast<std::int64_t>(columns_) - 1;
    if (request_.sample_shape.rank() == 3) {
      if (request_.sample_shape.elements() != pixels)
        throw InputError(fmt::format("{}: rows of {} pixels are no {} images",
                                     request_.sources.front().string(), pixels,
                                     request_.sample_shape.to_string()));
      return request_.sample_shape;
    }
    const std::int64_t side = std::llround(std::sqrt(static_cast<double>(pixels)));
    if (side * side != pixels)
      throw InputError(fmt::format("{}: rows of {} pixels are no square images; give --shape CxHxW",
                                   request_.sources.front().string(), pixels));
    return {1, side, side};
  }

  /// Empty when all labels are small integers, which then are the classes.
  std::vector<std::string> class_names() const {
    std::set<std::string> names;
    bool numbers = true;
    for (const Rows* rows : {&train_, &test_})
      for (const std::string& label : rows->labels) {
        const auto number = parse<std::int64_t>(label);
        numbers = numbers && number && *number >= 0 && *number <= largest_label;
        names.insert(label);
      }
    if (numbers) return {};
    if (static_cast<std::int64_t>(names.size()) > largest_label)
      throw InputError(fmt::format("{}: {} different labels are too many; is it the right column?",
                                   request_.sources.front().string(), names.size()));
    return {names.begin(), names.end()};
  }

  ImportedSplit finish_split(const Rows& rows, const std::vector<std::string>& names) const {
    ImportedSplit split;
    for (const std::string& label : rows.labels)
      split.labels.push_back(names.empty() ? *parse<std::int64_t>(label)
                                           : std::lower_bound(names.begin(), names.end(), label) -
                                                 names.begin());
    if (bytes_) {
      for (float value : rows.pixels) split.samples.push_back(static_cast<std::byte>(value));
    } else {
      const auto bytes = std::as_bytes(std::span(rows.pixels));
      split.samples.assign(bytes.begin(), bytes.end());
    }
    return split;
  }

  const ImportRequest& request_;
  std::size_t columns_ = 0, label_column_ = 0;
  bool bytes_ = true;
  Rows train_, test_;
};

}  // namespace

ImportedDataset import_csv(const ImportRequest& request) {
  CsvReader reader(request);
  for (const SourceFile& source : find_source_files(request, is_table)) reader.read(source);
  return reader.finish();
}

}  // namespace dtrain::datasets
