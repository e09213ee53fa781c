"""Fills the site with pictures and jobs in every state, as visitors would, and by SQL where they could not."""

from dataclasses import dataclass, field

from server import Site

DRAWN = [
    ("a lighthouse in the evening light, two sailing boats", 640, 640),
    ("stained glass: a heron <b>between</b> reeds & \"quotes\" </title><script>alert(1)</script>", 384, 672),
    ("غروب الشمس فوق البحر مع قاربين شراعيين", 960, 400),
    ("🦊🌲 a fox 👩🏽‍🚀 in a 森 of mirrors, Füchse überall", 512, 512),
    ("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2, 512, 384),
    ("A walled garden at noon. " * 60 + "\n\n" + "شجرة ليمون؛ " * 20 + "\n<em>not markup</em>", 512, 512),
]
MANY = 150


@dataclass
class Seeded:
    """Ids of jobs, and of pictures, by what is special about them; a board, and a stored file."""

    jobs: dict[str, str] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)
    board: str = ""
    file: str = ""


def fill(site: Site) -> Seeded:
    seeded = Seeded()
    drawn = [
        generate(site, prompt, {"width": width, "height": height, "seed": 7, "negative_prompt": "fog & rain"})
        for prompt, width, height in DRAWN
    ]
    seeded.jobs["completed"], seeded.jobs["markup"], seeded.jobs["rtl"] = drawn[:3]
    seeded.jobs["long"] = drawn[-1]

    worker = site.start("work")
    site.wait_until(
        lambda: site.sql("SELECT count(*) FROM jobs WHERE state <> 'completed'") == "0", "all pictures are drawn"
    )
    site.stop(worker)
    seeded.file = site.sql(f"SELECT file FROM pictures WHERE generation_id = '{drawn[0]}'")

    seeded.jobs["pending"] = generate(site, "a pier that waits for its turn", priority="low")
    seeded.jobs["scheduled"] = generate(site, "tomorrow's weather", run_at="2027-01-31T18:30:00Z", priority="high")
    seeded.jobs["cancelled"] = generate(site, "a picture nobody wants any more")
    site.post(f"/api/v1/jobs/{seeded.jobs['cancelled']}/cancel", {})
    for state in ("processing", "failed", "retrying"):
        seeded.jobs[state] = generate(site, f"a harbour crane, {state}")
    seeded.jobs["other"] = "01f00000-0000-7000-8000-000000000001"
    site.sql(STATES.format(**seeded.jobs))
    site.sql(COPIES)
    sort_in(site, seeded)
    return seeded


def sort_in(site: Site, seeded: Seeded) -> None:
    """Marks, tags, boards and the trash."""
    ids = site.sql("SELECT id FROM library ORDER BY id DESC").split()
    for name in ("completed", "markup", "rtl", "long"):
        seeded.pictures[name] = site.sql(f"SELECT id FROM library WHERE generation_id = '{seeded.jobs[name]}'")
    seeded.pictures["trashed"] = ids[-1]
    site.submit("/boards", {"name": "Evening & <i>light</i>"})
    site.submit("/boards", {"name": "Nothing yet"})
    seeded.board = site.sql("SELECT id FROM boards ORDER BY id LIMIT 1")
    for some, action in (
        (ids[:9:2], {"action": "favourite"}),
        (ids[:9], {"action": "rate", "rating": "4"}),
        (ids[:40], {"action": "tag", "tags": "sea, two boats, <b>bold</b>, بحر"}),
        (ids[:30], {"action": "board", "board": seeded.board}),
        (ids[-5:], {"action": "trash"}),
    ):
        site.submit("/history/actions", {"id": some} | action)


def generate(site: Site, prompt: str, parameters: dict | None = None, **more: str) -> str:
    body = {"prompt": prompt, "model": "atelier/canvas", "parameters": parameters or {}} | more
    return site.post("/api/v1/generate", body)["job_id"]


# What only a worker, or time, could bring about. No worker runs, so everything stays as it is.
STATES = """
BEGIN;
UPDATE jobs SET state = 'processing', attempt = 1, worker = 'studio-2', lease_token = gen_random_uuid(),
    lease_until = now() + interval '1 day', started_at = now() - interval '75 seconds', progress = 0.4
WHERE id IN ('{processing}', '{failed}', '{retrying}');
UPDATE jobs SET state = 'failed', finished_at = now(), lease_token = NULL, lease_until = NULL, retry_count = 1,
    attempt = 2, error = 'The provider said: <b>no</b>, for the ' || repeat('very', 30) || ' third time.'
WHERE id = '{failed}';
UPDATE jobs SET state = 'scheduled', run_at = now() + interval '1 hour', lease_token = NULL, lease_until = NULL,
    retry_count = 1, error = 'timed out after 10 minutes'
WHERE id = '{retrying}';
INSERT INTO job_attempts (job_id, number, worker, started_at, ended_at, outcome, error, provider_ref, usage, cost_usd)
SELECT id, number, 'studio-2', now() - interval '5 minutes', now() - interval '4 minutes',
    CASE WHEN number = 2 THEN 'failed' ELSE 'retried' END, 'the provider did not answer', 'p-' || number,
    '{{"predict_time": 2.1}}', 0.003
FROM jobs, generate_series(1, 2) AS number WHERE id = '{failed}' OR id = '{retrying}' AND number = 1;
INSERT INTO jobs (id, kind, queue, owner) VALUES ('{other}', 'abandon', 'canvas', '2001:db8::/64');
INSERT INTO queues (name, paused_at) VALUES ('replicate', now()) ON CONFLICT (name) DO UPDATE SET paused_at = now();
INSERT INTO workers (id, name, capacity, running, is_draining, heartbeat_at, queues)
SELECT gen_random_uuid(), 'studio-' || n, 4, 2 - n, n = 1, now() - n * interval '20 seconds',
    '{{"canvas": 2, "replicate": 16}}'
FROM generate_series(0, 1) AS n;
COMMIT;
"""

# Older pictures, so that lists have pages.
COPIES = f"""
BEGIN;
CREATE TEMP TABLE copies AS
SELECT ('01a00000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id, n, drawn.id AS original
FROM generate_series(1, {MANY}) AS n
JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM generations JOIN pictures ON generation_id = id) AS drawn
    ON drawn.place = n % {len(DRAWN)} + 1;
INSERT INTO jobs (id, kind, queue, state, attempt, progress, created_at, started_at, finished_at)
SELECT id, 'generate_picture', 'canvas', 'completed', 1, 1, moment, moment, moment + interval '2 seconds'
FROM copies, LATERAL (SELECT now() - (400 - n) * interval '1 day' AS moment) AS moments;
INSERT INTO generations (id, prompt, model, parameters)
SELECT c.id, g.prompt, g.model, g.parameters FROM copies c JOIN generations g ON g.id = c.original;
INSERT INTO pictures (generation_id, position, file, thumbnail, small, width, height, bytes, details, created_at)
SELECT c.id, 0, p.file, p.thumbnail, p.small, p.width, p.height, p.bytes, p.details, now() - (400 - n) * interval '1 day'
FROM copies c JOIN pictures p ON p.generation_id = c.original;
COMMIT;
VACUUM ANALYZE;
"""
