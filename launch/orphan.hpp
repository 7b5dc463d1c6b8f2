// SPDX-License-Identifier: BSD-3-Clause
// Copyright (c) 2026, the dtrain authors
#pragma once

namespace dtrain::launch {

/// From now on this process ends, by SIGKILL to itself, as soon as the one that started it has ended.
/// For ranks: when their launcher's daemon is killed nobody else would end them, and they would go on
/// writing into a run that has been started again.
void end_with_parent();

}  // namespace dtrain::launch
