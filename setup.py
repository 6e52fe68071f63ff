# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Build wstwist; what it is and what it needs stands in setup.cfg."""

from setuptools import setup

setup()
