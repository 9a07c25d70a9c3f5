async def complete_recording(
    db: AsyncSession,
    recording_id: UUID,
    duration_ms: int,
    segments: list[dict]
) -> None:
    import json
    
    await db.execute(
        text("""
            CALL sp_complete_recording(
                :recording_id, :duration_ms, :segments::jsonb
            )
        """),
        {
            "recording_id": recording_id,
            "duration_ms": duration_ms,
            "segments": json.dumps(segments)
        }
    )
    await db.commit()

# Usage in Celery worker
segments = [
    {"idx": 0, "start_ms": 0, "end_ms": 3000, "text": "First segment"},
    {"idx": 1, "start_ms": 3000, "end_ms": 6000, "text": "Second segment"},
    # ... 100 more segments
]

await complete_recording(db, recording_id, 60000, segments)
