// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors

#include "launch/console.hpp"

#include <gtest/gtest.h>

namespace dtrain::launch {
namespace {

TEST(Console, CountsInWords) {
  EXPECT_EQ(counted(0, "node"), "0 nodes");
  EXPECT_EQ(counted(1, "node"), "1 node");
  EXPECT_EQ(counted(2, "node"), "2 nodes");
}

TEST(Console, NumbersHaveUnitsAndFewDigits) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1234567), "1,234,567");
  EXPECT_EQ(with_commas(-1000), "-1,000");
  EXPECT_EQ(short_number(0), "0");
  EXPECT_EQ(short_number(812), "812");
  EXPECT_EQ(short_number(1234), "1.23k");
  EXPECT_EQ(short_number(12345), "12.3k");
  EXPECT_EQ(short_number(999600), "1.00M");
  EXPECT_EQ(duration_text(0.4237), "0.42 s");
  EXPECT_EQ(duration_text(65), "1 min 05 s");
  EXPECT_EQ(duration_text(7380), "2 h 03 min");
  EXPECT_EQ(percent_text(0.97312), "97.31 %");
  EXPECT_EQ(percent_text(std::nullopt), "-");
  EXPECT_EQ(bytes_text(512), "512 B");
  EXPECT_EQ(bytes_text(3.4e6), "3.4 MB");
}

TEST(Console, WhatAFileSaysIsShownAsOneLine) {
  EXPECT_EQ(as_one_line("data.csv: \"été\""), "data.csv: \"été\"");
  EXPECT_EQ(as_one_line("a\x1b[2Jb\r\nc\x7f"), "a?[2Jb??c?");
  std::string text;
  for (int i = 0; i < 600; ++i) text += "é";
  EXPECT_EQ(as_one_line(text), text.substr(0, 1000) + "...");
  text.insert(0, 1, 'x');  // the cut now falls into a character
  EXPECT_EQ(as_one_line(text), text.substr(0, 999) + "...");
}

TEST(Console, TableColumnsLineUp) {
  Table table({"name", "count"}, {Table::Align::left, Table::Align::right});
  table.add_row({"é", "7"});
  table.add_row({"longer name", "1,234"});
  EXPECT_EQ(table.text(),
            "name         count\n"
            "------------------\n"
            "é                7\n"
            "longer name  1,234\n");
}

}  // namespace
}  // namespace dtrain::launch
