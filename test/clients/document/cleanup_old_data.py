@celery.task
async def cleanup_old_data():
    """Run daily to clean up old recordings"""
    async with get_db() as db:
        result = await db.execute(
            text("""
                SELECT * FROM sp_cleanup_old_recordings(
                    :retention_days, :batch_size
                )
            """),
            {"retention_days": 90, "batch_size": 1000}
        )
        row = result.fetchone()
        await db.commit()
        
        logger.info(
            f"Cleanup completed: {row.deleted_recordings} recordings, "
            f"{row.deleted_segments} segments deleted"
        )

# Schedule daily at 2 AM
celery.conf.beat_schedule = {
    'cleanup-old-recordings': {
        'task': 'tasks.cleanup_old_data',
        'schedule': crontab(hour=2, minute=0),
    },
}
