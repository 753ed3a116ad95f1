#!/usr/bin/env python3
"""Compares the release build with wrk, zenpy and sqlite3, and with what an account allows.

    cargo build --release
    tests/bench/compare.py                 every row, about half an hour
    tests/bench/compare.py creates scan    single rows: creates, zenpy, scan, growth, run, pace, beside

Needs `wrk` and `sqlite3` (apt-get) and `zenpy` (pip); a row whose tool is missing says so. Generated
files lie in a temporary folder under --folder and are removed at the end; the 10 million rows of
`growth` need 7 GB there (--rows-max 1000000 leaves them out).
"""

import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from datetime import datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROWS_SCANNED = 1_000_000
ROWS_CREATED = 50_000
LANES = 128
CONNECTIONS = 64
SUBJECT = "Rear wheel out of true after the first ride"
HEADER = (
    "external_id,subject,comment.body,requester.name,requester.email,status,priority,type,tags\n"
)
TABLE = []


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def row(name, measured, reach, holds):
    """Adds a line to the table: what was measured, and whether it is within reach."""
    TABLE.append((name, measured, reach, {True: "yes", False: "**no**", None: ""}[holds]))
    say("   ", name, "|", measured, "|", reach, "|", TABLE[-1][3])


def generate(path, rows, prefix="LEGACY-", invalid_last=False):
    """Writes a CSV of about 517 bytes a row with ids of 14 characters. Every fourth text has quotes
    and line feeds. The last row may be invalid, so that `--strict` ends a run after the scan."""
    dice = random.Random(7)
    words = "wheel brake chain saddle ride order shop refund customer thanks since Tuesday noise".split()
    texts = []
    for n in range(512):
        text = ""
        while len(text) < 313 + n % 97:
            text += dice.choice(words) + " "
        if n % 4 == 0:
            text = f'He said ""{text[:120]}"",\n\n{text[120:]}\nRegards'
        texts.append(text.strip())
    statuses, priorities = ["open", "pending", "solved"], ["low", "normal", "high", "urgent"]
    kinds = ["question", "incident", "task"]
    customers = max(rows // 4, 1)
    width = 14 - len(prefix)
    with open(path, "w", newline="") as out:
        out.write(HEADER)
        for n in range(rows):
            customer = n % customers
            status = "no such status" if invalid_last and n == rows - 1 else statuses[n % 3]
            out.write(
                f'{prefix}{n:0{width}d},{SUBJECT} {n},"{texts[n % 512]}",'
                f"Customer {customer},{prefix.lower()}customer{customer}@example.org,"
                f'{status},{priorities[n % 4]},{kinds[n % 3]},"legacy,workshop"\n'
            )


class Used:
    """What a process took: seconds of wall time, seconds of CPU, and its peak memory in MB."""

    def __init__(self, wall, usage):
        self.wall = wall
        self.cpu = usage.ru_utime + usage.ru_stime
        self.mb = usage.ru_maxrss / 1024


def measured(command, codes=(0,), **more):
    """Runs a command to its end; its exit code must be one of `codes`."""
    began = time.monotonic()
    child = subprocess.Popen(command, **more)
    _, status, usage = os.wait4(child.pid, 0)
    used = Used(time.monotonic() - began, usage)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in codes:
        sys.exit(f"{command} ended with {child.returncode}")
    return used


class Bench:
    def __init__(self, program, folder):
        self.program = program
        self.folder = folder
        self.environment = {**os.environ, "ZENDESK_OAUTH_TOKEN": "any"}

    def path(self, name):
        return self.folder / name

    def csv(self, name, rows, **how):
        path = self.path(name)
        if not path.exists():
            say(f"... generating {rows} rows")
            generate(path, rows, **how)
        return path

    def run(self, csv, *flags, checkpoint=None, codes=(0, 3)):
        """Runs the program on a CSV and gives what it took and its JSON."""
        checkpoint = checkpoint or self.path("checkpoint")
        command = [self.program, "run", csv, "-c", checkpoint, "-q", "--json", *flags]
        with tempfile.TemporaryFile() as out:
            quiet = subprocess.DEVNULL
            used = measured(command, codes, stdout=out, stderr=quiet, env=self.environment)
            out.seek(0)
            told = out.read()
        return used, json.loads(told) if told else None

    def scan(self, csv, checkpoint=None):
        """Only the scan: one row is invalid, and --strict then sends nothing."""
        checkpoint = checkpoint or self.path("checkpoint")
        self.forget(checkpoint)
        used, _ = self.run(csv, "--sandbox", "--strict", checkpoint=checkpoint, codes=(1,))
        return used

    def forget(self, path):
        for file in self.folder.glob(path.name + "*"):
            file.unlink()


class Sandbox:
    """The double on a free port, until the end of a `with`."""

    def __init__(self, bench, *flags, settings=None, faults=None):
        self.flags = [str(flag) for flag in flags]
        for name, value in (("settings", settings), ("faults", faults)):
            if value is not None:
                file = bench.path(f"{name}-{time.monotonic_ns()}.json")
                file.write_text(json.dumps(value))
                self.flags += [f"--{name}", str(file)]
        self.program = bench.program

    def __enter__(self):
        command = [self.program, "sandbox", "--listen", "127.0.0.1:0", *self.flags]
        self.child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.url = self.child.stdout.readline().strip()
        return self

    def __exit__(self, *_):
        self.child.send_signal(signal.SIGTERM)
        self.child.wait()

    def stats(self):
        with urllib.request.urlopen(self.url + "/sandbox/stats") as reply:
            return json.load(reply)


def median(numbers):
    return statistics.median(numbers)


def spread(numbers, digits=2):
    return f"{median(numbers):.{digits}f} ({min(numbers):.{digits}f}–{max(numbers):.{digits}f})"


def body_like_ours(bench, csv):
    """The first body of a CSV, with marks where wrk and zenpy put their own ids."""
    _, preview = bench.run(csv, "--sandbox", "-n", checkpoint=bench.path("none"))
    ticket = preview["samples"][0]["ticket"]
    size = len(json.dumps({"ticket": ticket}, separators=(",", ":")))
    ticket["external_id"] = "EXTERNAL_ID"
    ticket["requester"]["email"] = "CUSTOMER@example.org"
    body = json.dumps({"ticket": ticket}, separators=(",", ":"))
    file = bench.path("body.json")
    file.write_text(body)
    say(f"... our bodies have {size} bytes")
    return file, ticket


WRK_SECONDS = 2


def wrk(sandbox, body, pair):
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{WRK_SECONDS}s", "-s", HERE / "post.lua", sandbox.url]
    command += ["--", f"W{pair:05d}"]
    environment = {**os.environ, "BODY": str(body)}
    told = subprocess.run(command, capture_output=True, text=True, env=environment, check=True).stdout
    if "status " in told or "Non-2xx" in told:
        sys.exit(f"wrk was refused:\n{told}")
    return float(told.split("Requests/sec:")[1].split()[0])


def zenpy_rate(url, ticket, rows):
    os.environ["ZENPY_FORCE_SCHEME"] = "http"
    from zenpy import Zenpy
    from zenpy.lib.api_objects import Comment, Ticket, User

    port = url.rsplit(":", 1)[1]
    client = Zenpy(
        subdomain="127", domain=f"0.0.1:{port}", email="a@sandbox.example", token="any",
        disable_cache=True,
    )
    began = time.monotonic()
    for n in range(rows):
        client.tickets.create(
            Ticket(
                external_id=f"zenpy-{time.monotonic_ns()}",
                subject=ticket["subject"],
                comment=Comment(body=ticket["comment"]["body"]),
                requester=User(name=ticket["requester"]["name"], email=f"z{n}@example.org"),
                status=ticket["status"],
                priority=ticket["priority"],
                type=ticket["type"],
                tags=ticket["tags"],
            )
        )
    return rows / (time.monotonic() - began)


def creates(bench, wanted, pairs):
    """wrk and a run, in turn, against the same sandbox process."""
    have_wrk = shutil.which("wrk") is not None
    theirs, ours, zenpys = [], [], []
    body, ticket = body_like_ours(bench, bench.csv("pair0.csv", ROWS_CREATED, prefix="P00"))
    with Sandbox(bench) as sandbox:
        for pair in range(pairs):
            csv = bench.csv(f"pair{pair}.csv", ROWS_CREATED, prefix=f"P{pair:02d}")
            checkpoint = bench.path(f"pair{pair}.checkpoint")
            if have_wrk:
                theirs.append(wrk(sandbox, body, pair))
            # The scan has a row of its own; this one is about creates.
            flags = ["--url", sandbox.url, "--concurrency", str(LANES)]
            bench.run(csv, *flags, "--limit", "0", checkpoint=checkpoint, codes=(4,))
            used, told = bench.run(csv, *flags, checkpoint=checkpoint)
            if told["created"] != ROWS_CREATED:
                sys.exit(f"not every row was created: {told}")
            ours.append(ROWS_CREATED / used.wall)
            if "zenpy" in wanted and zenpys is not None:
                try:
                    zenpys.append(zenpy_rate(sandbox.url, ticket, 1_000))
                except ImportError:
                    zenpys = None
            say(f"    pair {pair}: ours {ours[-1]:.0f}/s, wrk {theirs[-1:]}, zenpy {zenpys and zenpys[-1]}")
            bench.forget(checkpoint)
            csv.unlink()
    rate = f"{median(ours):.0f}/s"
    if "creates" in wanted:
        if have_wrk:
            ratios = [our / their for our, their in zip(ours, theirs)]
            measured = f"{rate} of {median(theirs):.0f}/s: {spread(ratios)}"
            row("creates, over wrk", measured, "≥ 0.55", median(ratios) >= 0.55)
        else:
            row("creates, over wrk", "wrk is missing (apt-get install wrk)", "≥ 0.55", None)
    if "zenpy" in wanted:
        if zenpys:
            ratios = [our / their for our, their in zip(ours, zenpys)]
            measured = f"{rate} over {median(zenpys):.0f}/s: {spread(ratios, 0)}"
            row("creates, over a loop with zenpy", measured, "≥ 25", median(ratios) >= 25)
        else:
            row("creates, over a loop with zenpy", "zenpy is missing (pip install zenpy)", "≥ 25", None)


def sqlite_import(bench, csv):
    fresh = bench.path("import.sqlite3")
    fresh.unlink(missing_ok=True)
    used = measured(["sqlite3", fresh, ".mode csv", f".import {csv} tickets"])
    fresh.unlink()
    return used


def scan(bench, pairs):
    """The scan, sqlite3's import and the dry run of the same file, in turn."""
    csv = bench.csv("million.csv", ROWS_SCANNED, invalid_last=True)
    have_sqlite = shutil.which("sqlite3") is not None
    scans, imports, dries = [], [], []
    for _ in range(pairs):
        if have_sqlite:
            imports.append(sqlite_import(bench, csv).wall)
        used = bench.scan(csv)
        scans.append(used.wall)
        dry, _ = bench.run(csv, "--sandbox", "-n", checkpoint=bench.path("none"))
        dries.append(dry.wall)
        say(f"    scan {scans[-1]:.2f} s, import {imports[-1:]}, dry run {dries[-1]:.2f} s")
    megabytes = csv.stat().st_size / 1e6
    name = f"scan of {ROWS_SCANNED} rows, {megabytes:.0f} MB, over sqlite3 .import"
    if have_sqlite:
        ratios = [ours / theirs for ours, theirs in zip(scans, imports)]
        told = f"{median(scans):.2f} s of {median(imports):.2f} s: {spread(ratios)}"
        row(name, told, "≤ 0.45", median(ratios) <= 0.45)
    else:
        row(name, "sqlite3 is missing (apt-get install sqlite3)", "≤ 0.45", None)
    ratios = [dry / scan for dry, scan in zip(dries, scans)]
    told = f"{median(dries):.2f} s: {spread(ratios)}"
    row("dry run of the same, over the scan", told, "≤ 0.8", median(ratios) <= 0.8)
    size = bench.path("checkpoint").stat().st_size / ROWS_SCANNED
    row("checkpoint after the scan", f"{size:.0f} bytes a row", "≤ 130", size <= 130)


def growth(bench, rows_max):
    """The scan at four sizes: time a row, and memory."""
    each, net, peaks = {}, {}, {}
    few = bench.csv("few.csv", 10, invalid_last=True)
    constant = median([bench.scan(few).wall for _ in range(15)])
    say(f"    10 rows: {constant * 1e3:.0f} ms")
    for rows, times in ((10_000, 15), (100_000, 7), (1_000_000, 3), (10_000_000, 1)):
        if rows > rows_max:
            continue
        csv = bench.csv("million.csv" if rows == ROWS_SCANNED else f"grown{rows}.csv", rows, invalid_last=True)
        runs = [bench.scan(csv) for _ in range(times)]
        wall = median([used.wall for used in runs])
        each[rows], net[rows] = wall / rows * 1e6, (wall - constant) / rows * 1e6
        peaks[rows] = max(used.mb for used in runs)
        say(f"    {rows} rows: {each[rows]:.2f} µs a row, {peaks[rows]:.0f} MB")
        if rows != ROWS_SCANNED:
            csv.unlink()
        bench.forget(bench.path("checkpoint"))
    middle = each.get(ROWS_SCANNED, median(each.values()))
    flat = all(abs(took / middle - 1) <= 0.2 for took in each.values())
    told = ", ".join(f"{rows}: {took:.2f} µs" for rows, took in each.items())
    row("scan, time a row", told, "flat within 20 % of 1 M", flat)
    told = ", ".join(f"{rows}: {took:.2f} µs" for rows, took in net.items())
    row(f"the same, less the {constant * 1e3:.0f} ms of a scan of 10 rows", told, "", None)
    told = ", ".join(f"{rows}: {mb:.0f} MB" for rows, mb in peaks.items())
    row("scan, peak memory", told, "< 100 MB, flat", max(peaks.values()) < 100)


def first_create(log):
    """When the first create was answered, as its log tells."""
    events = map(json.loads, log.read_text().splitlines())
    told = next(event["timestamp"] for event in events if event["message"] == "create")
    return datetime.fromisoformat(told).timestamp()


def run(bench):
    """A whole run of 100 thousand and of a million rows: memory, size, and starting again."""
    peaks = {}
    for rows in (100_000, ROWS_SCANNED):
        csv = bench.csv("million.csv" if rows == ROWS_SCANNED else f"run{rows}.csv", rows, invalid_last=True)
        checkpoint = bench.path(f"run{rows}.checkpoint")
        bench.forget(checkpoint)
        lanes = ["--concurrency", str(LANES)]
        with Sandbox(bench) as sandbox:
            target = ["--url", sandbox.url, *lanes]
            but_ten = [*target, "--limit", str(rows - 11)]
            used, told = bench.run(csv, *but_ten, checkpoint=checkpoint, codes=(4,))
            peaks[rows] = used.mb
            say(f"    {told['created']} of {rows} rows in {used.wall:.1f} s, {used.mb:.0f} MB")
            log = bench.path(f"run{rows}.log")
            began = time.time()
            again, told = bench.run(csv, *target, "--log-file", log, checkpoint=checkpoint)
            if told["this_run"]["created"] != 10:
                sys.exit(f"10 rows should have been left: {told}")
            first = first_create(log) - began
            log.unlink()
            if rows != ROWS_SCANNED:
                csv.unlink()
                bench.forget(checkpoint)
                continue
            nothing = [bench.run(csv, *target, checkpoint=checkpoint)[0].wall for _ in range(5)]
        size = checkpoint.stat().st_size / rows
        row(f"start with {rows} rows done, unchanged file", f"{spread(nothing)} s", "≤ 1 s", median(nothing) <= 1)
        told = f"{first:.2f} s; {again.wall:.2f} s for the whole command"
        row("the same with 10 rows left, to the first create's reply", told, "≤ 2 s", first <= 2)
        row("checkpoint after the run, with its log", f"{size:.0f} bytes a row", "≤ 250", size <= 250)
        bench.forget(checkpoint)
    told = ", ".join(f"{rows}: {mb:.0f} MB" for rows, mb in peaks.items())
    row("run, peak memory", told, "< 100 MB, flat", max(peaks.values()) < 100)


PACE_SECONDS = 180
LEAD_SECONDS = 12


def paced(bench, rpm, window, others, results):
    """One account with a limit, and a run that may use all of it. Replies take 150 or 450 ms."""
    name = f"pace-{rpm}-{window}-{others}"
    csv = bench.csv(f"{name}.csv", rpm * 4, prefix="L")
    checkpoint = bench.path(f"{name}.checkpoint")
    settings = {"rpm": rpm, "window": window, "others_share": others, "others_seed": 3}
    faults = {"slow": 0.5, "slow_ms": 300, "all": True, "seed": 5}
    with Sandbox(bench, "--latency-ms", 150, settings=settings, faults=faults) as sandbox:
        flags = ["--url", sandbox.url, "--reserve-rpm", "0", "--concurrency", str(LANES)]
        seconds = LEAD_SECONDS + PACE_SECONDS + 8
        if others:
            # Whole minutes of the account's clock, the first and the last left out.
            seconds += 60
        told = {}
        thread = threading.Thread(
            target=lambda: told.update(
                used=bench.run(
                    csv, *flags, "--max-duration", f"{seconds}s", checkpoint=checkpoint, codes=(4, 0)
                )[0]
            )
        )
        thread.start()
        time.sleep(LEAD_SECONDS)
        before, at = sandbox.stats(), time.monotonic()
        time.sleep(PACE_SECONDS)
        after, until = sandbox.stats(), time.monotonic()
        thread.join()
        results[name] = (sandbox.stats(), before, after, until - at, told["used"])
    bench.forget(checkpoint)
    csv.unlink()


def pace(bench, wanted):
    """All accounts at once: they take next to no CPU."""
    cells = []
    if "pace" in wanted:
        cells += [(rpm, window, 0.0) for rpm in (600, 2_500) for window in ("sliding", "fixed")]
    if "beside" in wanted:
        cells += [(rpm, "fixed", 1 / 3) for rpm in (600, 2_500)]
    results = {}
    threads = [threading.Thread(target=paced, args=(bench, *cell, results)) for cell in cells]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for rpm, window, others in cells:
        stats, before, after, seconds, used = results[f"pace-{rpm}-{window}-{others}"]
        if others:
            whole = stats["minutes"][1:-1][:3]
            ours = sum(minute[0] for minute in whole)
            left = sum(rpm - minute[1] for minute in whole)
            throttled = stats["throttled"] + stats["throttled_others"]
            told = f"{100 * ours / left:.1f} % of what was left in {len(whole)} minutes, {throttled} × 429"
            name = f"{rpm} rpm, {window}, beside another client"
            row(name, told, "≥ 98.5 %, 0", ours / left >= 0.985 and throttled == 0)
        else:
            sent = after["requests"] - before["requests"]
            share = sent / (rpm * seconds / 60)
            told = f"{100 * share:.1f} %, {stats['throttled']} × 429"
            name = f"{rpm} rpm, {window} minute"
            row(name, told, "≥ 99 %, 0", share >= 0.99 and stats["throttled"] == 0)
            if rpm == 2_500:
                busy = 100 * used.cpu / used.wall
                row(f"CPU at {name}", f"{busy:.1f} % of a core", "< 3 %", busy < 3)


ROWS = ["creates", "zenpy", "scan", "growth", "run", "pace", "beside"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"any of {', '.join(ROWS)}; all without")
    parser.add_argument("--program", default=str(HERE.parents[1] / "target/release/zendesk-migrate"))
    parser.add_argument("--folder", default=None, help="where to work; the disk counts")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--rows-max", type=int, default=10_000_000)
    arguments = parser.parse_args()
    unknown = set(arguments.rows) - set(ROWS)
    if unknown:
        parser.error(f"there is no row {', '.join(unknown)}")
    wanted = arguments.rows or ROWS
    if not Path(arguments.program).exists():
        sys.exit("there is no release build: cargo build --release")
    with tempfile.TemporaryDirectory(dir=arguments.folder, prefix="compare-") as folder:
        bench = Bench(arguments.program, Path(folder))
        if {"creates", "zenpy"} & set(wanted):
            creates(bench, wanted, arguments.pairs)
        if "scan" in wanted:
            scan(bench, arguments.pairs)
        if "growth" in wanted:
            growth(bench, arguments.rows_max)
        if "run" in wanted:
            run(bench)
        if {"pace", "beside"} & set(wanted):
            pace(bench, wanted)
    print(f"SQLite here for Python: {sqlite3.sqlite_version}; cores: {os.cpu_count()}; "
          f"load at the end: {os.getloadavg()[0]:.1f}\n")
    print("| what | measured | reach | within |\n|---|---|---|---|")
    for line in TABLE:
        print("| " + " | ".join(line) + " |")


if __name__ == "__main__":
    main()
