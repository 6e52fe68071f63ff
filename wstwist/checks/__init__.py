# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""What is wrong with projects, or would surprise their authors, told without serving them."""
