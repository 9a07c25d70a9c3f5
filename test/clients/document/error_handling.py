from sqlalchemy.exc import SQLAlchemyError

async def call_procedure_safely(db, procedure_call):
    try:
        result = await db.execute(text(procedure_call))
        await db.commit()
        return result
    except SQLAlchemyError as e:
        await db.rollback()
        logger.error(f"Procedure failed: {e}")
        raise HTTPException(status_code=500, detail="Database operation failed")
