# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""WLanguage's names, for those who come from WEBDEV: in French (`fr`) and in English (`en`)."""
