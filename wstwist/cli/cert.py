# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""``wstwist cert``."""

from __future__ import annotations

from pathlib import Path

import click

from wstwist.cli.framing import command as make_command
from wstwist.cli.framing import make_sure, yes_option
from wstwist.cli.output import Output
from wstwist.cli.trouble import Trouble


@make_command("cert", examples=("wstwist cert", "wstwist cert certificates --json"))
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=".")
@yes_option
@click.pass_obj
def command(out: Output, folder: Path, is_sure: bool) -> None:
    """Make a certificate for trying out TLS on this machine, unless a good one is there.

    It goes into FOLDER, this one if none is named: cert.pem, and key.pem, its private key. It is signed
    by its own key, so browsers warn. For anything else get one from an authority.
    """
    from cryptography import x509

    from wstwist.certificate import ensure, would_replace

    replaced = " and ".join(map(str, would_replace(folder)))
    if replaced:
        make_sure(f"Replace {replaced}, which cannot be used or will soon expire?", is_sure)
    try:
        pair = ensure(folder)
        until = x509.load_pem_x509_certificate(pair.cert.read_bytes()).not_valid_after_utc
    except OSError as error:
        raise Trouble(f"{folder}: no certificate can be made here: {error.strerror}; name another") from None
    out.show(
        {"cert": str(pair.cert), "key": str(pair.key), "valid_until": until.isoformat()},
        f"{pair.cert} and {pair.key} are good until {until:%Y-%m-%d}\n"
        f"Serve with them: wstwist serve --tls-port 9443 --cert {pair.cert} --key {pair.key}",
    )
