async def create_recording_with_quota_check(
    db: AsyncSession,
    user_id: UUID,
    source: str,
    language: str = "vi"
) -> tuple[UUID | None, bool, str]:
    result = await db.execute(
        text("""
            SELECT * FROM sp_check_quota_and_create_recording(
                :user_id, :source, :language
            )
        """),
        {"user_id": user_id, "source": source, "language": language}
    )
    row = result.fetchone()
    await db.commit()
    
    return row.recording_id, row.quota_ok, row.error_message

# Usage in endpoint
recording_id, quota_ok, error_msg = await create_recording_with_quota_check(
    db, current_user.id, "realtime"
)

if not quota_ok:
    raise HTTPException(status_code=403, detail=error_msg)
