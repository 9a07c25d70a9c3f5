"""From the figures of measure.py to a table, results.md and cost.svg."""

import datetime
import math
import os
import platform
import re
import statistics
import subprocess

EXPORTS = ("txt", "srt", "vtt", "json", "tsv", "csv", "md", "ttml")


def ratios(series, base):
    """Round by round."""
    return [ours / theirs for ours, theirs in zip(series, base)]


def quartiles(values):
    if len(values) < 2:
        return (values[0], values[0])
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return (low, high)


def amount(usec):
    """Three digits and a unit."""
    value, unit = next(((usec / size, unit) for unit, size in (("s", 1e6), ("ms", 1e3)) if usec >= size), (usec, "us"))
    return f"{value:.0f} {unit}" if value >= 99.95 else f"{value:#.3g} {unit}"


class Table:
    """Rows of strings, printed in columns."""

    def __init__(self, *head):
        self.head = head
        self.rows = []

    def add(self, *cells):
        self.rows.append([str(cell) for cell in cells])

    def text(self):
        """Both readable as it is and Markdown."""
        widths = [max(len(row[i]) for row in [self.head, *self.rows]) for i in range(len(self.head))]
        lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |"
                 for row in [self.head, *self.rows]]
        lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
        return "\n".join(lines)


def compare(table, what, series, ours, theirs, target=None, label=None, measure="usec", per=1, show=amount, inverse=False):
    """A row: our median, theirs, ratio of medians, quartiles of the rounds' ratios, verdict."""
    if series is None or ours not in series or theirs not in series:
        return
    a = [value / per for value in getattr(series[ours], measure)]
    b = [value / per for value in getattr(series[theirs], measure)]
    if inverse:
        a, b = b, a
    ratio = statistics.median(a) / statistics.median(b)
    low, high = quartiles(ratios(a, b))
    if inverse:
        a, b = b, a
    verdict = ""
    if target is not None:
        verdict = "yes" if (ratio >= target if inverse else ratio <= target) else "no"
    cpu = ""
    if measure == "usec" and any(series[ours].cpu) and any(series[theirs].cpu):
        cpu = statistics.median(series[ours].cpu) / statistics.median(series[theirs].cpu)
        cpu = f"{1 / cpu if inverse else cpu:.3f}"
    table.add(what, label or theirs, show(statistics.median(a)), show(statistics.median(b)), f"{ratio:.3f}",
              f"{low:.3f} - {high:.3f}", cpu, "" if target is None else f"{'>=' if inverse else '<='} {target:.2f}", verdict)


def table(results, notes):
    """Everything measured, as Markdown."""
    main = Table("what", "against", "s2t", "other", "ratio", "quartiles", "CPU ratio", "target", "met")
    get = results.get
    for size, target in ((10, 0.40), (100, 0.34), (1000, 0.29), (10000, 0.29), (100000, None)):
        compare(main, f"complete, {size:,} segments", get(f"complete {size}"), "s2t", "plpgsql", target, "PL/pgSQL")
    for size, target in ((10, None), (100, None), (1000, 1.25), (10000, None), (100000, None)):
        compare(main, f"complete, {size:,} segments", get(f"complete {size}"), "s2t", "copy", target, "binary COPY, no FK")
    compare(main, "WAL of complete, 1,000 segments", get("complete 1000"), "s2t", "copy", 1.05, "binary COPY, no FK",
            measure="wal", show="{:,.0f} B".format)
    compare(main, "WAL of complete, 1,000 segments", get("complete 1000"), "s2t", "plpgsql", None, "PL/pgSQL",
            measure="wal", show="{:,.0f} B".format)
    if "complete 100000" in results:
        big, small = results["complete 100000"]["s2t"], results["complete 1000"]["s2t"]
        ours, base = [v / 100000 for v in big.usec], [v / 1000 for v in small.usec]
        ratio = statistics.median(ours) / statistics.median(base)
        # The rounds of the two are not the same rounds: each of the big ones against the small ones' median.
        low, high = quartiles([value / statistics.median(base) for value in ours])
        main.add("a segment of complete(100,000)", "of complete(1,000)", amount(statistics.median(ours)),
                 amount(statistics.median(base)), f"{ratio:.3f}", f"{low:.3f} - {high:.3f}", "", "<= 1.20", "yes" if ratio <= 1.2 else "no")
    for mode in ("synchronous_commit off", "synchronous_commit on", "Python"):
        case = get(f"client, {mode}")
        label = "psycopg2" if mode == "Python" else "pgbench, " + mode.replace("synchronous_commit", "sync. commit")
        compare(main, f"complete(100) by a client, {label}", case, "s2t", "102 statements", 0.05)
        compare(main, f"complete(100) by a client, {label}", case, "s2t", "multi-row", None, "multi-row INSERT")
    what = "complete(1,000) by a client, text twin, psycopg"
    compare(main, what, get("copy by a client"), "s2t", "copy", 1.25, "binary COPY FROM STDIN, no FK, and two updates")
    compare(main, what, get("copy by a client"), "s2t", "copy with its key", None, "the same with its FK")
    compare(main, "append of one segment", get("append"), "s2t", "create", 1.50, "create")
    compare(main, "append of one segment", get("append"), "s2t", "plpgsql", 0.50, "PL/pgSQL")
    compare(main, "edit of one segment of 100", get("edit"), "of 100", "create", 3.00, "create")
    compare(main, "edit of one segment of 10,000", get("edit"), "of 10000", "create", 3.00, "create")
    compare(main, "edit of one segment of 10,000", get("edit"), "of 10000", "of 100", None, "of 100")
    compare(main, "split at the head of 10,000", get("split"), "split", "complete", 1.00, "complete")
    compare(main, "WAL of a split at the head of 10,000", get("split"), "split", "complete", None, "complete",
            measure="wal", show="{:,.0f} B".format)
    for name in EXPORTS:
        compare(main, f"export of 10,000 segments, {name}", get("export"), name, "select", 1.50, "SELECT")
    compare(main, "create, a consumer wants other events", get("events"), "other types", "nobody", 1.10, "nobody listens")
    compare(main, "create, a consumer is told", get("events"), "told", "nobody", 1.30, "nobody listens")
    compare(main, "claim of 10,000 in the queue, half put off", get("claim"), "s2t", "plpgsql", 0.50, "PL/pgSQL")
    what = "create, all defaults, a transaction each"
    compare(main, what, get("create apart"), "s2t", "plpgsql", 0.40, "PL/pgSQL")
    compare(main, what, get("create apart"), "s2t", "released", 1.40, f"s2t {notes.get('released')}")
    for case, target, what in (("create", 0.40, "create"), ("register", 0.50, "register"), ("change plan", 0.50, "change plan")):
        compare(main, what, get(case), "s2t", "plpgsql", target, "PL/pgSQL")
        compare(main, what, get(case), "s2t", "bare", None, "bare statement")
        compare(main, what + ", a thousand in one transaction", get(case), "s2t", "released", None, f"s2t {notes.get('released')}")
    compare(main, f"stats, {notes.get('stats recordings', 0):,} recordings", get("stats"), "s2t", "ten", 1.20, "10 recordings")
    compare(main, f"stats, {notes.get('stats recordings', 0):,} recordings", get("stats"), "s2t", "plpgsql", None, "PL/pgSQL")
    compare(main, "cleanup, a segment (ratio of segments/s)", get("cleanup"), "s2t", "plpgsql", 3.0, "PL/pgSQL, cascade", inverse=True)
    compare(main, "cleanup, a segment (ratio of segments/s)", get("cleanup"), "s2t", "no cascade", None, "segments first", inverse=True)
    if "reset" in notes:
        reset = notes["reset"]
        what = f"reset of {reset['users']:,} cycles"
        compare(main, what, get("reset"), "s2t", "plpgsql", 1.0, "INSERT, then UPDATE")
        allowed = reset["batch"] + reset["idle"]
        main.add("longest create during reset", "longest batch + longest idle", amount(reset["wait"] * 1e6), amount(allowed * 1e6),
                 f"{reset['wait'] / allowed:.3f}", "", "", "<= 1.00", "yes" if reset["wait"] <= allowed else "no")
        main.add("longest create during reset", "during INSERT, then UPDATE", amount(reset["wait"] * 1e6),
                 amount(reset["wait plpgsql"] * 1e6), f"{reset['wait'] / reset['wait plpgsql']:.3f}", "", "", "", "")
        main.add("memory that reset gains", "", f"{reset['growth'] / 1048576:.1f} MB", "", "", "", "", "<= 1 MB",
                 "yes" if reset["growth"] <= 1048576 else "no")
    if "none" in notes:
        few, many = "1000", str(notes["none"])
        compare(main, f"reset of none among {notes['none']:,}", get("reset of none"), many, few, 1.5, "of none among 1,000")
    if "big" in notes:
        big = notes["big"]
        main.add("memory above payload, complete(100,000)", "PL/pgSQL", f"{big['s2t'] / 1048576:.1f} MB",
                 f"{big['plpgsql'] / 1048576:.1f} MB", "", "", "", "<= 8 MB", "yes" if big["s2t"] <= 8 * 1048576 else "no")
    text = main.text()

    costs = Table("a call of", "contender", "median", "quartiles", "WAL bytes", "pages touched")
    for case, contenders in results.items():
        for name, series in contenders.items():
            if not series.wal:
                continue
            low, high = quartiles(series.usec)
            costs.add(case, name, amount(series.median()), f"{amount(low)} - {amount(high)}",
                      f"{statistics.median(series.wal):,.0f}", "" if series.buffers is None else f"{series.buffers:,.1f}")
    if costs.rows:
        text += "\n\n" + costs.text()

    if "throughput" in notes:
        flow = Table("calls a second", "synchronous_commit", "clients", "s2t", "PL/pgSQL", "ratio")
        for (operation, synchronous, clients), row in notes["throughput"].items():
            flow.add(operation if operation == "create" else "complete, 100 segments", "on" if synchronous else "off", clients,
                     f"{row['s2t']:,.0f}", f"{row['plpgsql']:,.0f}", f"{row['s2t'] / row['plpgsql']:.2f}")
        text += "\n\n" + flow.text()
    return text


# ---------------------------------------------------------------- results.md


def first_match(path, pattern, otherwise):
    try:
        with open(path, encoding="utf-8") as file:
            found = re.search(pattern, file.read(), re.M)
    except OSError:
        found = None
    return found[1].strip() if found else otherwise


def revision(folder):
    done = subprocess.run(["git", "-C", str(folder), "describe", "--always", "--dirty", "--exclude", "*"],
                          capture_output=True, text=True, check=False)
    return done.stdout.strip() or "not from a repository"


def write(folder, results, notes, text, watch, seconds, load):
    cpu = first_match("/proc/cpuinfo", r"^model name\s*:\s*(.*)$", platform.machine())
    memory = int(first_match("/proc/meminfo", r"^MemTotal:\s+(\d+)", "0")) / 1048576
    settings = watch.run("""
        SELECT name, current_setting(name) FROM pg_settings
         WHERE name IN ('shared_buffers', 'work_mem', 'fsync', 'synchronous_commit', 'full_page_writes',
                        'wal_level', 'max_wal_size', 'autovacuum', 'jit') ORDER BY name""")
    lines = [
        "# Results",
        "",
        "Written by `make bench`. How it is measured: [docs/performance.md](../docs/performance.md).",
        "",
        f"- {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC, {seconds / 60:.1f} minutes",
        f"- {cpu}, {os.cpu_count()} cores, {memory:.0f} GB; {platform.system()} {platform.release()}",
        f"- load average when it began: {load:.1f}" + (" (busy with other work: expect wide quartiles)" if load > 0.5 else ""),
        f"- {watch.value('SELECT version()')}",
        f"- s2t {watch.value('SELECT s2t.s2t_version()')}, revision {revision(folder)}",
        "- " + ", ".join(f"{name} = {value}" for name, value in settings),
        "",
        "Figures are medians over rounds in which the contenders take turns; a ratio is that of the medians, its",
        "quartiles are those of the rounds' own ratios. Times are inside the server, per call, unless a client is named.",
        "",
        text,
        "",
    ]
    if any(case.startswith("complete ") for case in results):
        plot(folder / "cost.svg", results)
        lines += ["![Cost of a segment against the number of segments](cost.svg)", ""]
    (folder / "results.md").write_text("\n".join(lines), encoding="utf-8")


# ---------------------------------------------------------------- cost.svg

LINES = (("plpgsql", "PL/pgSQL", "#b4532a"), ("s2t", "s2t", "#1f6feb"), ("copy", "binary COPY, no foreign key", "#6e7781"))


def plot(path, results):
    """Microseconds a segment against segments a call, both logarithmic."""
    left, right, top, bottom, width, height = 64, 170, 44, 52, 720, 400
    points = {name: [] for name, _, _ in LINES}
    for case, contenders in results.items():
        if case.startswith("complete "):
            size = int(case.split()[1])
            for name, series in contenders.items():
                points[name].append((size, series.median() / size))
    sizes = sorted({size for line in points.values() for size, _ in line})
    costs = [cost for line in points.values() for _, cost in line]
    low, high = min(costs) / 1.3, max(costs) * 1.3

    def x(size):
        span = math.log(sizes[-1] / sizes[0]) or 1
        return left + (width - left - right) * math.log(size / sizes[0]) / span

    def y(cost):
        return height - bottom - (height - top - bottom) * math.log(cost / low) / math.log(high / low)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
           f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
           f'<text x="{left}" y="24" font-size="14" fill="#1f2328">Completing a recording: microseconds per segment (both axes logarithmic)</text>']
    ticks = [step * 10 ** power for power in range(0, 4) for step in (1, 2, 5)]
    for tick in ticks:
        if low <= tick <= high:
            out.append(f'<line x1="{left}" x2="{width - right}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" stroke="#e4e7eb"/>')
            out.append(f'<text x="{left - 8}" y="{y(tick) + 4:.1f}" text-anchor="end" fill="#57606a">{tick}</text>')
    for size in sizes:
        out.append(f'<text x="{x(size):.1f}" y="{height - bottom + 20}" text-anchor="middle" fill="#57606a">{size:,}</text>')
    out.append(f'<text x="{(left + width - right) / 2:.0f}" y="{height - 12}" text-anchor="middle" fill="#57606a">segments in the call</text>')
    labels = []
    for name, title, colour in LINES:
        line = sorted(points[name])
        if not line:
            continue
        path_points = " ".join(f"{x(size):.1f},{y(cost):.1f}" for size, cost in line)
        out.append(f'<polyline points="{path_points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x(size):.1f}" cy="{y(cost):.1f}" r="3.5" fill="{colour}"/>' for size, cost in line]
        labels.append([y(line[-1][1]), x(line[-1][0]) + 10, title, colour, line[-1][1]])
    labels.sort()
    for above, below in zip(labels, labels[1:]):
        below[0] = max(below[0], above[0] + 15)
    for at, start, title, colour, cost in labels:
        words = title.split(", ")
        out.append(f'<text x="{start:.1f}" y="{at + 4:.1f}" fill="{colour}">{words[0]}: {cost:.1f}</text>')
    out.append("</svg>")
    path.write_text("\n".join(out) + "\n", encoding="utf-8")
