"""The system page: what the doctor finds, what runs and lies here, and the backups."""

from __future__ import annotations

from typing import Final, cast

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from gateway.backup.shelf import Backup, delete_backup, find_backup, list_backups
from gateway.crypto.passphrase_box import (
    PASSPHRASE_CHARACTERS_MAX,
    PASSPHRASE_CHARACTERS_MIN,
    check_passphrase,
)
from gateway.doctor.finding import Severity
from gateway.errors import KeyStoreError, MohrError
from gateway.office.house import House
from web_admin.access.guard import requires
from web_admin.access.permissions import Permission
from web_admin.access.unattended import unattended
from web_admin.changes import current_actor, recorded
from web_admin.context import current_house
from web_admin.faults import flash_fault
from web_admin.filters import num
from web_admin.system.backup_desk import BackupDesk, backups_folder
from web_admin.system.examination import Examinations
from web_admin.system.numbers import counters, storage, versions
from web_admin.system.sizes import size_words
from web_admin.system.words import badge_of_backup, badge_of_severity, say, words_of_job

blueprint: Final = Blueprint("system", __name__, url_prefix="/system")

_DESK: Final = "mohr-backup-desk"
_EXAMINATIONS: Final = "mohr-examinations"
_STOPS: Final = "mohr-stops"


@blueprint.record_once
def _prepare(state: BlueprintSetupState) -> None:
    extensions = state.app.extensions
    examinations = Examinations()
    desk = BackupDesk(done=examinations.forget)
    extensions[_EXAMINATIONS], extensions[_DESK] = examinations, desk
    extensions.setdefault(_STOPS, []).append(desk.stop)


@blueprint.get("")
@requires(Permission.VIEW_SYSTEM)
def overview() -> ResponseReturnValue:
    """What is wrong and what to do, and the figures of this machine."""
    house = current_house()
    examination = _examinations().last(house)
    facts, backups = examination.facts, list_backups(backups_folder(house))
    said = [say(finding) for finding in examination.findings]
    return render_template(
        "system/overview.html",
        examined_at_ms=examination.at_ms,
        findings=said,
        # Notes alone are no reason to worry anybody.
        well=all(one.severity is Severity.NOTE for one in said),
        versions=versions(facts),
        storage=storage(house, facts, backups),
        counters=None if facts.stats is None else counters(facts.stats),
        badge_of_severity=badge_of_severity,
        newest=backups[0] if backups else None,
        badge_of_backup=badge_of_backup,
    )


@blueprint.post("/check")
@requires(Permission.VIEW_SYSTEM)
def check() -> ResponseReturnValue:
    """Look at everything now."""
    _examinations().look(current_house())
    return redirect(url_for("system.overview"), 303)


@blueprint.get("/backups")
@requires(Permission.VIEW_SYSTEM)
def backups() -> ResponseReturnValue:
    """The backups, and the work on them."""
    return render_template("system/backups.html", **_shelf(current_house()))


@blueprint.get("/backups/state")
@requires(Permission.VIEW_SYSTEM)
@unattended
def backups_state() -> ResponseReturnValue:
    """The same without the page around it, for a page that waits for work to end."""
    return render_template("system/shelf.html", **_shelf(current_house()))


@blueprint.post("/backups/take")
@requires(Permission.MANAGE_BACKUPS)
def take() -> ResponseReturnValue:
    """Begin to take a backup; the passphrase is used and forgotten."""
    passphrase = request.form.get("passphrase", "") or None
    if passphrase != (request.form.get("again", "") or None):
        flash(_("The two passphrases differ. Nothing was done."), "danger")
        return redirect(url_for("system.backups"), 303)
    try:
        if passphrase is not None:
            check_passphrase(passphrase)
    except KeyStoreError:
        text = _(
            "The passphrase is too short or too long: it has %(least)s to %(most)s characters.",
            least=num(PASSPHRASE_CHARACTERS_MIN),
            most=num(PASSPHRASE_CHARACTERS_MAX),
        )
        flash(text, "danger")
        return redirect(url_for("system.backups"), 303)
    return _begun(_desk().take(current_house(), current_actor(), passphrase))


@blueprint.post("/backups/<name>/verify")
@requires(Permission.MANAGE_BACKUPS)
def verify(name: str) -> ResponseReturnValue:
    """Begin to verify a backup."""
    house = current_house()
    return _begun(_desk().verify(house, current_actor(), _known(house, name)))


@blueprint.get("/backups/<name>/download")
@requires(Permission.MANAGE_BACKUPS)
def download(name: str) -> ResponseReturnValue:
    """Hand a backup out; who took it is written down."""
    backup = _known(current_house(), name)
    with recorded("backup.download", backup.name, {}) as change:
        change.after = {"bytes": backup.size_bytes}
    response: Response = send_file(
        backup.path,
        mimetype="application/gzip",
        as_attachment=True,
        download_name=backup.name,
        conditional=False,
        etag=False,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/backups/<name>/delete")
@requires(Permission.MANAGE_BACKUPS)
def delete(name: str) -> ResponseReturnValue:
    """Delete a backup."""
    house = current_house()
    backup = _known(house, name)
    try:
        with recorded("backup.delete", backup.name, {"bytes": backup.size_bytes}):
            delete_backup(backup)
    except MohrError as error:
        flash_fault(_("The backup was not deleted."), error)
    else:
        flash(_("The backup was deleted."), "success")
    _examinations().forget()
    return redirect(url_for("system.backups"), 303)


def _begun(begun: bool) -> ResponseReturnValue:  # noqa: FBT001 - what the desk answered
    if not begun:
        flash(_("Other work on backups is going on. Wait until it is done."), "warning")
    return redirect(url_for("system.backups"), 303)


def _shelf(house: House) -> dict[str, object]:
    return {
        "backups": list_backups(backups_folder(house)),
        "job": _desk().job,
        "words_of_job": words_of_job,
        "badge_of_backup": badge_of_backup,
        "size_words": size_words,
        "passphrase_min": PASSPHRASE_CHARACTERS_MIN,
        "passphrase_max": PASSPHRASE_CHARACTERS_MAX,
    }


def _known(house: House, name: str) -> Backup:
    found = find_backup(backups_folder(house), name)
    if found is None:
        abort(404)
    return found


def _desk() -> BackupDesk:
    return cast("BackupDesk", current_app.extensions[_DESK])


def _examinations() -> Examinations:
    return cast("Examinations", current_app.extensions[_EXAMINATIONS])
