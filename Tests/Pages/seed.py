"""Fills the site with pictures and jobs in every state, as visitors would, and by SQL where they could not."""

import json
import re
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
# A model of somebody else's, with an input of each kind.
OTHER_MODEL = "black-forest-labs/flux-schnell"
SCHEMAS = {
    "Input": {
        "required": ["prompt", "image"],
        "properties": {
            "prompt": {"type": "string", "x-order": 0},
            "aspect_ratio": {"enum": ["1:1", "16:9"], "default": "1:1", "x-order": 1, "description": "Of the <b>picture</b>"},
            "scheduler": {"allOf": [{"$ref": "#/components/schemas/scheduler"}], "default": "K_EULER", "x-order": 2},
            "num_inference_steps": {"type": "integer", "minimum": 1, "maximum": 50, "default": 4, "x-order": 3},
            "guidance_scale": {"type": "number", "minimum": 0, "maximum": 20.5, "default": 7.5, "x-order": 4},
            "seed": {"type": "integer", "description": "For what can be repeated", "x-order": 5},
            "image": {"type": "string", "format": "uri", "x-order": 6},
            "go_fast": {"type": "boolean", "title": "Run faster", "default": True, "x-order": 7},
            "images": {"type": "array", "items": {"type": "string", "format": "uri"}, "default": []},
            "settings": {"type": "object"},
        },
    },
    "scheduler": {"enum": ["DDIM", "K_EULER"], "type": "string"},
}
PRESETS = [
    {"name": "Wide & calm", "model": "atelier/canvas", "prompt": "a bay", "parameters": {"width": 960, "height": 400}},
    {"name": "<b>Tall</b>", "model": "atelier/canvas", "prompt": "", "parameters": {"width": 384, "height": 672, "seed": 7}},
]


@dataclass
class Seeded:
    """Ids of jobs, pictures and batches, by what is special about them; a board, a stored file, variations under way."""

    jobs: dict[str, str] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)
    batches: dict[str, str] = field(default_factory=dict)
    board: str = ""
    file: str = ""
    varied: str = ""


def fill(site: Site) -> Seeded:
    seeded = Seeded()
    drawn = [
        generate(site, prompt, {"width": width, "height": height, "seed": 7, "negative_prompt": "fog & rain"})
        for prompt, width, height in DRAWN
    ]
    seeded.jobs["completed"], seeded.jobs["markup"], seeded.jobs["rtl"] = drawn[:3]
    seeded.jobs["long"] = drawn[-1]
    seeded.batches["a grid"] = order(
        site, "a {red|blue} door & a <i>window</i>",
        count="1", grid_name=["width", "seed"], grid_values=["256, 384", "1..3"], shown="6",
    )

    worker = site.start("work")
    site.wait_until(
        lambda: site.sql("SELECT count(*) FROM jobs WHERE state <> 'completed'") == "0", "all pictures are drawn"
    )
    site.stop(worker)
    seeded.file = site.sql(f"SELECT file FROM pictures WHERE generation_id = '{drawn[0]}'")

    seeded.batches["waiting"] = order(site, "two cups on a table", count="2")
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
    seeded.varied = site.submit(f"/pictures/{seeded.pictures['completed']}/variations", {"count": "4"})
    site.submit("/presets/import", {"json": json.dumps({"format": "atelier-presets", "version": 1, "presets": PRESETS})})
    site.sql(f"""
        INSERT INTO model_schemas (model, about, schemas, fetched_at)
        VALUES ('{OTHER_MODEL}', 'Quick pictures from words & images', '{json.dumps(SCHEMAS)}', now())
        ON CONFLICT (model) DO UPDATE SET about = excluded.about, schemas = excluded.schemas, fetched_at = now()
    """)
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


def order(site: Site, prompt: str, **fields: str | list[str]) -> str:
    """By the form; the id of what was asked for together."""
    target = site.submit("/generate", {"model": "atelier/canvas", "prompt": prompt} | fields)
    return re.search(r"made=([\w-]+)", target)[1]


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
