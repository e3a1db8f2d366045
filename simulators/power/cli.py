"""``mohr sim power``: cut the power at any moment, and see that nothing promised is lost."""

from __future__ import annotations

import secrets
from typing import Annotated

import typer


def power(
    *,
    images: Annotated[int, typer.Option(min=1, help="Crash images to reopen.")] = 100,
    seed: Annotated[int | None, typer.Option(help="Make the same cuts again.")] = None,
    store: Annotated[str, typer.Option(help="journal, ledger or both.")] = "both",
    lying_disk: Annotated[
        bool, typer.Option("--lying-disk", help="Show what a disk that does not sync would lose.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Cut the power of a terminal's journal and a gateway's ledger; reopen, audit, go on."""
    # Imported here, so that mohr --help stays quick.
    import logging  # noqa: PLC0415 - see above

    import structlog  # noqa: PLC0415 - see above

    from simulators.power.run import run_power  # noqa: PLC0415 - see above

    # A life of faults logs each of them; the report says what matters.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    chosen = secrets.randbelow(2**32) if seed is None else seed
    report = run_power(images, chosen, store, lying_disk=lying_disk)
    if as_json:
        typer.echo(report.to_json())
    else:
        for finding in report.findings:
            wrong = "; ".join((*finding.damage, *(f"lost {name}" for name in finding.lost[:5])))
            typer.echo(f"image {finding.image} ({finding.store}, cut at {finding.cut}): {wrong}")
        typer.echo(
            f"{report.images} crash images ({report.recut} cut again during recovery),"
            f" {report.promised} promised transactions looked for: {report.lost} lost,"
            f" {report.damaged} images damaged"
        )
    if not report.clean:
        typer.echo(
            f"repeat with: mohr sim power --seed {chosen} --images {images} --store {store}",
            err=True,
        )
        raise typer.Exit(1)
