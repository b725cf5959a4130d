"""Alive; ready."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from sqlalchemy import text

from web.dependencies import ReadDb

router = APIRouter()


@router.get("/healthz", name="health.alive")
async def alive() -> JSONResponse:
    return JSONResponse({"alive": True})


@router.get("/readyz", name="health.ready")
def ready(db: ReadDb) -> JSONResponse:
    """Answer 200 once the database has our tables; without a database the answer is the 503 of web.errors."""
    db.exec(text("SELECT 1 FROM core_staff LIMIT 1"))  # type: ignore[call-overload]
    return JSONResponse({"ready": True})
