"""The ceiling of registration: FastAPI, asyncpg and one statement that writes the same rows as intake.

`/appeals` takes the number from a counter row of the day, which numbers without gaps need. `/unordered` takes
it from a sequence, so that transactions do not wait for each other. uvicorn runs this application.
HUYING_BENCH_DATABASE names a database with intake's tables.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
import orjson
from fastapi import FastAPI, Request, Response

from services.intake.acts import NewAppeal

POOL = 16
_REST = """
  , appeal as (
    insert into appeals (appeal_id, registration_number, state, units, received_at, file)
    select $1, 'BZ-' || lpad(last::text, 9, '0'), 'registered', '{}', now(), $2::jsonb from number
    returning registration_number, received_at
  ), said as (
    insert into outbox (event_id, topic, key, type, occurred_at, body)
    select $3, 'intake.events', $1::text, 'appeal.received.v1', received_at, $4 from appeal
  )
  select registration_number, received_at from appeal
"""
COUNTED = f"""
  with number as (
    insert into numbers (day, last) values (current_date, 1)
    on conflict (day) do update set last = numbers.last + 1 returning last
  ) {_REST}
"""
UNORDERED = f"with number as (select nextval('unordered') as last) {_REST}"


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    dsn = os.environ["HUYING_BENCH_DATABASE"].replace("+asyncpg", "")
    async with asyncpg.create_pool(dsn, min_size=POOL, max_size=POOL) as pool:
        await pool.execute("create sequence if not exists unordered start 100000000")
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


async def _register(request: Request, body: NewAppeal, statement: str) -> Response:
    appeal_id = uuid4()
    event = {
        "channel": body.channel,
        "kind": body.kind,
        "title": body.title,
        "enterprise": body.enterprise and body.enterprise.name,
        "locality": body.locality,
        "pack": "bozhou-2024@1",
    }
    row = await request.app.state.pool.fetchrow(
        statement, appeal_id, body.model_dump_json(), uuid4(), orjson.dumps(event).decode()
    )
    answer = {"appeal_id": appeal_id, **row}
    return Response(orjson.dumps(answer), 201, media_type="application/json")


@app.post("/appeals")
async def counted(body: NewAppeal, request: Request) -> Response:
    return await _register(request, body, COUNTED)


@app.post("/unordered")
async def unordered(body: NewAppeal, request: Request) -> Response:
    return await _register(request, body, UNORDERED)
