"""``mohr broker``: a broker's configuration, its certificates, and a broker for demonstrations."""

from __future__ import annotations

import signal
import threading
from pathlib import Path, PurePosixPath
from typing import Annotated

import typer

from gateway.crypto.tls_certificates import (
    CERTIFICATE_DAYS,
    CertificateRole,
    TlsIdentity,
    issue_certificate,
    make_authority,
)
from gateway.errors import ConfigError
from gateway.model.checks import check_name
from gateway.system_clock import SystemClock
from mqtt.embedded import EmbeddedBroker
from mqtt.mosquitto import (
    ACL_FILE,
    CONFIGURATION_FILE,
    DEFAULT_FOLDER,
    GATEWAY_USER,
    BrokerTls,
    MosquittoSettings,
    mosquitto_configuration,
)

LOOPBACK = "127.0.0.1"

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Write a broker's configuration, or run the demonstration broker.",
)


@app.command()
def config(  # noqa: PLR0913 - one parameter for each option of the command line
    out: Annotated[Path, typer.Option(help="Folder to write into; made where it is missing.")],
    terminals: Annotated[int, typer.Option(help="How many terminals there will be.")],
    port: Annotated[int | None, typer.Option(help="TCP port [8883; 1883 without TLS].")] = None,
    folder: Annotated[
        str, typer.Option(help="Where these files will lie on the broker's machine.")
    ] = str(DEFAULT_FOLDER),
    persistence: Annotated[
        str | None,
        typer.Option(help="Folder for what the broker keeps, for use without Debian's own file."),
    ] = None,
    *,
    crl: Annotated[bool, typer.Option(help="Refuse the certificates in revoked.crl.")] = False,
    insecure_loopback: Annotated[
        bool, typer.Option(help="No TLS and no users, on 127.0.0.1 only. Not for a shop.")
    ] = False,
    force: Annotated[bool, typer.Option(help="Replace files that exist.")] = False,
) -> None:
    """Write mohr.conf and mohr.acl for Mosquitto 2.0.11 and later, and say what to do next."""
    place = PurePosixPath(folder)
    tls = BrokerTls(
        ca_file=place / "ca.crt",
        certificate_file=place / "broker.crt",
        key_file=place / "broker.key",
        crl_file=place / "revoked.crl" if crl else None,
    )
    files = mosquitto_configuration(
        MosquittoSettings(
            terminals=terminals,
            port=port or (1883 if insecure_loopback else 8883),
            bind_address=LOOPBACK if insecure_loopback else None,
            folder=place,
            tls=None if insecure_loopback else tls,
            persistence_folder=None if persistence is None else PurePosixPath(persistence),
            log_to_stderr=persistence is not None,
        )
    )
    texts = {CONFIGURATION_FILE: files.configuration}
    if files.acl is not None:
        texts[ACL_FILE] = files.acl
    _write_texts(out, texts, force=force)
    for name in texts:
        typer.echo(f"wrote {out / name}")
    typer.echo(_after_insecure(out) if insecure_loopback else _after_config(out, folder))


@app.command()
def certs(
    out: Annotated[Path, typer.Option(help="Folder of the authority and its certificates.")],
    host: Annotated[
        list[str] | None,
        typer.Option(help="Name or address that clients reach the broker by; repeat for more."),
    ] = None,
    terminal: Annotated[
        list[str] | None, typer.Option(help="A terminal's name; repeat for more.")
    ] = None,
    organisation: Annotated[str, typer.Option(help="The authority's name.")] = "Mohr",
    days: Annotated[
        int, typer.Option(help="How long the new certificates are valid.")
    ] = CERTIFICATE_DAYS,
) -> None:
    """Make a private authority, or use the one in the folder, and issue what is asked for.

    The first run also makes the gateway's certificate. Nothing that exists is ever replaced.
    """
    hosts, terminals = tuple(host or ()), tuple(terminal or ())
    for name in terminals:
        check_name("terminal", name)
    out.mkdir(parents=True, exist_ok=True, mode=0o700)
    at_ms = SystemClock().unix_ms()
    authority = _authority(out, organisation, at_ms)
    wanted: list[tuple[str, str, CertificateRole, tuple[str, ...]]] = [
        (f"terminal-{name}", name, CertificateRole.CLIENT, ()) for name in terminals
    ]
    wanted.append(("gateway", GATEWAY_USER, CertificateRole.CLIENT, ()))
    if hosts:
        wanted.append(("broker", hosts[0], CertificateRole.SERVER, hosts))
    for stem, common_name, role, names in wanted:
        if (out / f"{stem}.crt").exists():
            typer.echo(f"kept {out / stem}.crt, which exists; move it away to have a new one")
            continue
        identity = issue_certificate(
            authority, common_name, role, hosts=names, at_ms=at_ms, days=days
        )
        identity.save(out / f"{stem}.crt", out / f"{stem}.key")
        typer.echo(f"issued {out / stem}.crt for {common_name}")
    typer.echo("Keep ca.key off the broker and off the terminals: who has it can be anyone.")


@app.command()
def run(
    port: Annotated[int, typer.Option(help="TCP port on 127.0.0.1.")] = 1883,
) -> None:
    """Run the demonstration broker until SIGTERM or Ctrl-C. It forgets everything when it ends."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    broker = EmbeddedBroker(port)
    broker.start()
    try:
        where = f"{broker.host}:{broker.port}"
        typer.echo(f"broker for demonstrations on {where} (MQTT 3.1.1, no users)")
        stopping.wait()
        typer.echo("stopping")
    finally:
        broker.stop()


def _write_texts(folder: Path, texts: dict[str, str], *, force: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    taken = [name for name in texts if (folder / name).exists()]
    if taken and not force:
        raise ConfigError(f"{folder / taken[0]} exists; use --force to replace it")
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def _authority(folder: Path, organisation: str, at_ms: int) -> TlsIdentity:
    certificate_file, key_file = folder / "ca.crt", folder / "ca.key"
    if certificate_file.exists():
        return TlsIdentity.load(certificate_file, key_file)
    authority = make_authority(organisation, at_ms=at_ms)
    authority.save(certificate_file, key_file)
    typer.echo(f"made the authority {certificate_file}")
    return authority


def _after_config(out: Path, folder: str) -> str:
    return (
        "Next, on the broker's machine:\n"
        f"  1. put {ACL_FILE}, ca.crt, broker.crt and broker.key into {folder}\n"
        "     (`mohr broker certs` makes the last three);\n"
        f"     chown -R root:mosquitto {folder} && chmod 750 {folder} && chmod 640 {folder}/*\n"
        f"  2. put {CONFIGURATION_FILE} into /etc/mosquitto/conf.d\n"
        "  3. systemctl restart mosquitto\n"
        f"The files are in {out}."
    )


def _after_insecure(out: Path) -> str:
    return f"Next: mosquitto -c {out / CONFIGURATION_FILE}   (only programs of this machine)"
