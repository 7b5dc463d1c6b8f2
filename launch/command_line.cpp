// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/command_line.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <sstream>

namespace dtrain::launch {
namespace {

/// One line per option, wrapped: name and what it takes, what it does, the default.
class HelpFormatter : public CLI::Formatter {
 public:
  static constexpr std::size_t column = 30, width = 100;

  std::string make_description(const CLI::App* app) const override {
    return fmt::format("{}\n\n", app->get_description());
  }

  std::string make_usage(const CLI::App* app, std::string) const override {
    std::string usage = fmt::format("Usage: dtrain {}", app->get_name());
    for (const CLI::Option* option : app->get_options())
      if (option->get_positional()) usage += fmt::format(" {}", make_option_usage(option));
    if (!app->get_subcommands(nullptr).empty()) usage += " SUBCOMMAND";
    return usage + " [OPTIONS]\n\n";
  }

  std::string make_positionals(const CLI::App* app) const override {
    const std::string text = CLI::Formatter::make_positionals(app);
    return text.empty() ? text : text + "\n";
  }

  std::string make_group(std::string group, bool is_positional,
                         std::vector<const CLI::Option*> options) const override {
    std::string text = fmt::format("{}:\n", group);
    for (const CLI::Option* option : options) text += make_option(option, is_positional);
    return text;
  }

  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    std::string head = fmt::format("  {}", is_positional ? option->get_name(true) : names(option));
    if (!is_positional && option->get_type_size() != 0 && !option->get_type_name().empty())
      head += fmt::format(" {}", option->get_type_name());
    const std::string& fallback = option->get_default_str();
    std::vector<std::string> words = words_of(option->get_description());
    if (!fallback.empty() && option->get_type_size() != 0)
      words.push_back(fmt::format("(default {})", fallback));

    std::string line = head.size() + 2 > column ? fmt::format("{}\n{:{}}", head, "", column)
                                                : fmt::format("{:<{}}", head, column);
    std::size_t used = column;
    for (const std::string& word : words) {
      if (used > column && used + 1 + word.size() > width) {
        line += fmt::format("\n{:{}}", "", column);
        used = column;
      }
      line += fmt::format("{}{}", used > column ? " " : "", word);
      used += word.size() + (used > column ? 1 : 0);
    }
    return line + "\n";
  }

 private:
  /// "-h, --help"
  static std::string names(const CLI::Option* option) {
    std::vector<std::string> all;
    for (const std::string& name : option->get_snames()) all.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) all.push_back("--" + name);
    return fmt::format("{}", fmt::join(all, ", "));
  }

  static std::vector<std::string> words_of(const std::string& text) {
    std::istringstream stream(text);
    return {std::istream_iterator<std::string>(stream), {}};
  }
};

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

/// The subcommand that was asked for, or the parser itself.
CLI::App& chosen(CLI::App& parser) {
  const auto subcommands = parser.get_subcommands();
  return subcommands.empty() ? parser : chosen(*subcommands.front());
}

[[noreturn]] void refuse_unknown(CLI::App& parser) {
  const std::string word = parser.remaining(true).front();
  const std::string name = word.substr(0, word.find('='));
  std::vector<std::string> known;
  for (const CLI::Option* option : chosen(parser).get_options()) {
    for (const std::string& long_name : option->get_lnames()) known.push_back("--" + long_name);
    for (const std::string& off : option->get_fnames()) known.push_back("--" + off);
  }
  if (name.starts_with("-"))
    throw UsageError(fmt::format("unknown option {}{}; `dtrain {} --help` lists the options", name,
                                 did_you_mean(name, known), parser.get_name()));
  throw UsageError(fmt::format("unexpected argument \"{}\"; `dtrain {} --help` shows the usage",
                               word, parser.get_name()));
}

std::optional<double> finite_number(const std::string& text) {
  errno = 0;
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  const bool whole = !text.empty() && *end == '\0' && !std::isspace(text.front());
  return whole && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

/// Decimal digits. Not 010: CLI11 would read eight, where its writer meant ten.
bool is_integer(const std::string& text) {
  const std::size_t first = text.starts_with("-") || text.starts_with("+") ? 1 : 0;
  const bool padded = text.size() > first + 1 && text[first] == '0';
  return text.size() > first && !padded &&
         text.find_first_not_of("0123456789", first) == std::string::npos;
}

template <class Accept>
CLI::Validator value_that(Accept accept, const std::string& wanted) {
  return CLI::Validator(
      [accept, wanted](std::string& text) {
        return accept(text) ? std::string() : fmt::format("takes {}, not \"{}\"", wanted, text);
      },
      "", "");
}

}  // namespace

std::unique_ptr<CLI::App> make_parser(std::string_view command, std::string_view description) {
  auto parser = std::make_unique<CLI::App>(std::string(description), std::string(command));
  parser->formatter(std::make_shared<HelpFormatter>());
  parser->get_formatter()->label("Positionals", "Arguments");
  parser->set_help_flag("-h,--help", "show this help");
  parser->allow_extras();
  parser->allow_windows_style_options(false);
  parser->option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  return parser;
}

bool parse(CLI::App& parser, Arguments arguments, const Session& session) {
  // CLI11 takes the words last one first.
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    parser.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    std::string help = chosen(parser).help();
    help.erase(help.find_last_not_of('\n') + 1);
    if (session.is_root()) fmt::print("{}\n", help);
    return false;
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string text = error.what();
    throw UsageError(fmt::format("{} needs a value; see `dtrain {} --help`",
                                 text.substr(0, text.find(':')), parser.get_name()));
  } catch (const CLI::ParseError& error) {
    throw UsageError(fmt::format("{}; see `dtrain {} --help`", error.what(), parser.get_name()));
  }
  if (!parser.remaining(true).empty()) refuse_unknown(parser);
  return true;
}

std::string did_you_mean(const std::string& word, std::span<const std::string> known) {
  const auto bare = [](const std::string& name) {
    return name.substr(std::min(name.find_first_not_of('-'), name.size()));
  };
  const std::string asked = bare(word);
  std::size_t best = (asked.size() + 2) / 3 + 1;
  std::string nearest;
  for (const std::string& name : known) {
    const bool begins = asked.size() > 2 && bare(name).starts_with(asked);
    const std::size_t distance = begins ? 0 : edit_distance(asked, bare(name));
    if (distance < best) best = distance, nearest = name;
  }
  return nearest.empty() ? "" : fmt::format(" (did you mean {}?)", nearest);
}

Shape parse_image_shape(std::string_view option, const std::string& text) {
  std::vector<std::int64_t> extents;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('x', begin), text.size());
    const std::string digits = text.substr(begin, end - begin);
    const bool fits = !digits.empty() && digits.size() <= 6 &&
                      digits.find_first_not_of("0123456789") == std::string::npos;
    extents.push_back(fits ? std::stoll(digits) : 0);
    begin = end + 1;
  }
  const bool positive = std::all_of(extents.begin(), extents.end(), [](auto e) { return e > 0; });
  if (extents.size() != 3 || !positive)
    throw UsageError(fmt::format("{} takes CxHxW, as in 3x32x32, not \"{}\"", option, text));
  return Shape(extents);
}

CLI::Validator integer_in(std::int64_t min, std::int64_t max) {
  const std::string wanted = max >= largest_integer
                                 ? fmt::format("an integer from {} up", min)
                                 : fmt::format("an integer from {} to {}", min, max);
  return value_that(
      [min, max](const std::string& text) {
        const auto value = finite_number(text);
        return value && is_integer(text) && *value >= static_cast<double>(min) &&
               *value <= static_cast<double>(max);
      },
      wanted);
}

CLI::Validator integer_from(std::int64_t min) {
  return integer_in(min, largest_integer);
}

CLI::Validator number_in(double min, double max) {
  return value_that(
      [min, max](const std::string& text) {
        const auto value = finite_number(text);
        return value && *value >= min && *value <= max;
      },
      fmt::format("a number from {} to {}", min, max));
}

CLI::Validator number_below(double min, double max) {
  return value_that(
      [min, max](const std::string& text) {
        const auto value = finite_number(text);
        return value && *value >= min && *value < max;
      },
      fmt::format("a number from {} to below {}", min, max));
}

CLI::Validator one_of(std::vector<std::string> words) {
  const std::string wanted = fmt::format("{}", fmt::join(words, ", "));
  return value_that(
      [words](const std::string& text) {
        return std::find(words.begin(), words.end(), text) != words.end();
      },
      "one of " + wanted);
}

CLI::Validator positive_number() {
  return value_that(
      [](const std::string& text) {
        const auto value = finite_number(text);
        return value && static_cast<float>(*value) > 0 &&
               *value <= std::numeric_limits<float>::max();
      },
      "a number above 0 that float32 holds");
}

CLI::Validator nonnegative_number() {
  return value_that(
      [](const std::string& text) {
        const auto value = finite_number(text);
        return value && *value >= 0 && *value <= std::numeric_limits<float>::max();
      },
      "a number from 0 up");
}

CLI::Validator true_or_false() {
  return value_that(
      [](const std::string& text) {
        constexpr std::string_view words[] = {"true", "false", "on", "off", "yes", "no", "1", "0"};
        return std::find(std::begin(words), std::end(words), text) != std::end(words);
      },
      "true or false");
}

}  // namespace dtrain::launch
