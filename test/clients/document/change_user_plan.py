async def change_user_plan(
    db: AsyncSession,
    user_id: UUID,
    new_plan_code: str,
    prorate: bool = False
) -> tuple[bool, str]:
    result = await db.execute(
        text("""
            CALL sp_change_user_plan(
                :user_id, :plan_code, :prorate, NULL, NULL
            )
        """),
        {"user_id": user_id, "plan_code": new_plan_code, "prorate": prorate}
    )
    
    # Get OUT parameters
    row = result.fetchone()
    await db.commit()
    
    return row.success, row.message

# Usage
success, message = await change_user_plan(db, user_id, "PREMIUM", prorate=True)
if not success:
    raise HTTPException(status_code=400, detail=message)
