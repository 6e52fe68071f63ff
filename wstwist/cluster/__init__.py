# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""The same project in many processes: nodes that reach each other's contexts over NATS (https://nats.io).

A *node* is a process that serves projects. All nodes that share a NATS and a cluster's name are a *cluster*.
"""
