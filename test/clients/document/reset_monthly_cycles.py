from celery import Celery
from celery.schedules import crontab

@celery.task
async def reset_monthly_cycles():
    """Run at 00:00 on 1st day of every month"""
    async with get_db() as db:
        await db.execute(text("CALL sp_reset_monthly_cycles()"))
        await db.commit()
        logger.info("Monthly cycles reset completed")

# In celery config
celery.conf.beat_schedule = {
    'reset-monthly-cycles': {
        'task': 'tasks.reset_monthly_cycles',
        'schedule': crontab(day_of_month=1, hour=0, minute=0),
    },
}
