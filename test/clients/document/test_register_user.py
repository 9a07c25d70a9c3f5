import pytest
from sqlalchemy import text

@pytest.mark.asyncio
async def test_register_user(db_session):
    # Setup: Ensure FREE plan exists
    await db_session.execute(
        text("INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit) "
             "VALUES ('FREE', 'Free Plan', 30, 10)")
    )
    await db_session.commit()
    
    # Test
    await db_session.execute(
        text("CALL sp_register_user(:email, :user_name, :pass, :name, :plan)"),
        {
            "email": "test@example.com",
            "user_name": "testuser",
            "pass": "hashed_pass",
            "name": "Test User",
            "plan": "FREE"
        }
    )
    await db_session.commit()
    
    # Verify
    result = await db_session.execute(
        text("SELECT * FROM users WHERE email = :email"),
        {"email": "test@example.com"}
    )
    user = result.fetchone()
    assert user is not None
    
    # Verify profile created
    result = await db_session.execute(
        text("SELECT * FROM user_profiles WHERE user_id = :user_id"),
        {"user_id": user.id}
    )
    profile = result.fetchone()
    assert profile is not None
    
    # Verify subscription created
    result = await db_session.execute(
        text("SELECT * FROM user_subscriptions WHERE user_id = :user_id"),
        {"user_id": user.id}
    )
    subscription = result.fetchone()
    assert subscription is not None
