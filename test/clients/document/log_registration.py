import logging

logger = logging.getLogger(__name__)

async def register_user_with_logging(db, email, user_name, password, name):
    logger.info(f"Registering user: {email}")
    try:
        await db.execute(
            text("CALL sp_register_user(:email, :user_name, :pass, :name, :plan)"),
            {...}
        )
        await db.commit()
        logger.info(f"User registered successfully: {email}")
    except Exception as e:
        logger.error(f"Registration failed for {email}: {e}")
        raise
