async def get_user_dashboard_stats(
    db: AsyncSession,
    user_id: UUID
) -> dict:
    result = await db.execute(
        text("SELECT * FROM sp_get_user_stats(:user_id)"),
        {"user_id": user_id}
    )
    row = result.fetchone()
    
    return {
        "total_recordings": row.total_recordings,
        "total_duration_minutes": float(row.total_duration_minutes),
        "total_segments": row.total_segments,
        "current_cycle": {
            "usage_count": row.current_cycle_usage,
            "used_seconds": row.current_cycle_seconds,
            "quota_usage_percent": float(row.quota_usage_percent),
            "quota_minutes_percent": float(row.quota_minutes_percent),
        }
    }

# FastAPI endpoint
@router.get("/dashboard/stats")
async def dashboard_stats(
    current_user: User = Depends(get_current_user),
    db: AsyncSession = Depends(get_db)
):
    stats = await get_user_dashboard_stats(db, current_user.id)
    return stats
