"""`huying bank certify` at the sandbox that runs on a state folder."""

from collections.abc import Callable, Collection
from pathlib import Path

from huying.certify.certification import Result, Verdict, certify
from huying.certify.sheet import sheet
from huying.certify.window import Window
from huying.local.accounts import KEYS
from huying.local.running_services import URLS
from huying.local.sandbox import FILE
from shared.files import strict_yaml
from shared.service.clock import WallClock


def certify_bank(
    state: Path, bank: str, only: Collection[str], wait_s: float, file: Path, tell: Callable[[str], None]
) -> bool:
    """Play cases with `bank` and write the sheet to `file`, after each case anew; whether none failed.

    `tell` hears how it goes. ValueError where no sandbox runs on `state`, and for what cannot be played.
    """
    if not (state / URLS).exists() or not (state / FILE).exists():
        raise ValueError(
            f"{state} 上没有沙箱在运行 / no sandbox runs on the state folder {state}: start it by "
            "`huying up --sandbox --no-bank-sim`"
        )
    window = Window(strict_yaml.values(state / URLS), strict_yaml.values(state / KEYS), bank)
    results: list[Result] = []
    for result in certify(window, only, wait_s, tell):
        results.append(result)
        entry = window.directory()[bank]
        at = WallClock().now().astimezone(window.zone)
        file.write_text(sheet(bank, entry["name"], entry["ways"], at, results), "utf-8")
    tell(f"验收单 / sheet: {file}")
    return all(result.verdict is not Verdict.FAILED for result in results)
