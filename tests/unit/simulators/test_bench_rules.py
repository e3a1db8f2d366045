"""The bench of the rule engine: its programme is in force, and its figures are all there."""

from __future__ import annotations

import json
import random

import pytest
from typer.testing import CliRunner

from gateway.program.earning import evaluate
from gateway.program.pricing import price
from simulators.bench.cli import app
from simulators.bench.rules import OFFERS, many_offers, random_facts, random_place, random_sale


def test_the_offers_that_are_measured_do_apply() -> None:
    """Over some sales offers of points and of money off are given, so that both are measured."""
    rng, programme = random.Random(1), many_offers(OFFERS)
    awards, discounts = 0, 0
    for number in range(20):
        sale, place = random_sale(rng, 20), random_place(rng)
        facts = random_facts(rng, programme, place, number)
        given = evaluate(programme, sale, facts, place).awards
        awards += sum(award.source.startswith("offer") for award in given)
        discounts += len(price(programme, sale, facts, place).discounts)
    assert awards > 20
    assert discounts > 20


@pytest.mark.usefixtures("quiet_logs")
def test_the_quick_rules_bench_prints_its_figures() -> None:
    """``mohr bench rules --quick --json`` prints one object with every promised figure."""
    done = CliRunner().invoke(app, ["rules", "--quick", "--json"], catch_exceptions=False)
    assert done.exit_code == 0
    printed = json.loads(done.stdout)
    assert set(printed["figures"]) == {
        "evaluate_ms_p50",
        "evaluate_ms_p99",
        "price_ms_p50",
        "price_ms_p99",
        "times_the_base",
    }
