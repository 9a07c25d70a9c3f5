from sqlalchemy import text

async def register_user(
    db: AsyncSession,
    email: str,
    user_name: str,
    password: str,
    name: str
) -> None:
    hashed_password = hash_password(password)
    
    await db.execute(
        text("""
            CALL sp_register_user(
                :email, :user_name, :hashed_pass, :name, :plan_code
            )
        """),
        {
            "email": email,
            "user_name": user_name,
            "hashed_pass": hashed_password,
            "name": name,
            "plan_code": "FREE"
        }
    )
    await db.commit()
