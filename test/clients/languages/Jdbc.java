// docs
import java.sql.*;
import java.util.UUID;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

public class Jdbc {
    static final String SEGMENTS =
        "[{\"idx\": 0, \"start_ms\": 0, \"end_ms\": 2400, \"text\": \"Xin chào các bạn.\"}]";

    static UUID[] transcribe(Connection db) throws SQLException {
        UUID user, recording;
        try (PreparedStatement call = db.prepareStatement("SELECT s2t_register_user(?, ?, ?, ?, ?)")) {
            call.setString(1, "lan@example.com");
            call.setString(2, "lan");
            call.setString(3, "$2b$12$hash");
            call.setString(4, null);
            call.setString(5, "FREE");
            ResultSet row = call.executeQuery();
            row.next();
            user = row.getObject(1, UUID.class);
        }
        try (PreparedStatement call = db.prepareStatement(
                "SELECT * FROM sp_check_quota_and_create_recording(?, ?)")) {
            call.setObject(1, user);
            call.setString(2, "upload");
            ResultSet row = call.executeQuery();
            row.next();
            if (!row.getBoolean("quota_ok")) throw new IllegalStateException(row.getString("error_message"));
            recording = row.getObject("recording_id", UUID.class);
        }
        complete(db, recording, SEGMENTS);
        return new UUID[] {user, recording};
    }

    static SQLWarning complete(Connection db, UUID recording, String segments) throws SQLException {
        try (PreparedStatement call = db.prepareStatement("CALL sp_complete_recording(?, ?, ?::jsonb)")) {
            call.setObject(1, recording);
            call.setInt(2, 2400);
            call.setString(3, segments);
            call.execute();
            return call.getWarnings();  // a NOTICE, or null
        }
    }

    static String explain(SQLException error) {
        ServerErrorMessage told = ((PSQLException) error).getServerErrorMessage();
        return error.getSQLState() + "|" + told.getConstraint() + "|" + told.getDetail();
    }
// docs

    interface Call { Object run() throws SQLException; }

    static String failure(Call call) {
        try {
            call.run();
            return null;
        } catch (SQLException error) {
            return explain(error);
        }
    }

    static void tell(String name, Object value) { System.out.println(name + "=" + value); }

    public static void main(String[] arguments) throws SQLException {
        String url = arguments[0], jobs = arguments[1];
        try (Connection db = DriverManager.getConnection(url)) {
            UUID[] ids = transcribe(db);
            tell("notice", complete(db, ids[1], SEGMENTS).getMessage());
            PreparedStatement stats = db.prepareStatement("SELECT * FROM sp_get_user_stats(?)");
            stats.setObject(1, ids[0]);
            ResultSet row = stats.executeQuery();
            row.next();
            for (int column = 1; column <= row.getMetaData().getColumnCount(); column++)
                tell("stats." + row.getMetaData().getColumnName(column),
                     row.getObject(column).getClass().getSimpleName() + " " + row.getObject(column));
            PreparedStatement plan = db.prepareStatement("CALL sp_change_user_plan(?, ?, ?)");
            plan.setObject(1, ids[0]);
            plan.setString(2, "BASIC");
            plan.setBoolean(3, true);
            row = plan.executeQuery();
            row.next();
            tell("plan", row.getBoolean("success") + " " + row.getString("message"));
            PreparedStatement create = db.prepareStatement("SELECT * FROM sp_check_quota_and_create_recording(?, ?)");
            create.setObject(1, UUID.fromString("00000000-0000-7000-8000-000000000000"));
            create.setString(2, "upload");
            row = create.executeQuery();
            row.next();
            tell("refused", row.getObject(1) + " " + row.getBoolean(2) + " " + row.getString(3));
            tell("taken", failure(() -> transcribe(db)));
            tell("bad", failure(() -> complete(db, ids[1], "[{\"idx\": 0}]")));
            PreparedStatement one = db.prepareStatement("SELECT created_at FROM sp_get_recording(?, ?)");
            one.setObject(1, ids[0]);
            one.setObject(2, ids[1]);
            row = one.executeQuery();
            row.next();
            tell("date", row.getObject(1, java.time.OffsetDateTime.class).getOffset());
        }
        try (Connection db = DriverManager.getConnection(jobs)) {
            PreparedStatement purge = db.prepareStatement("CALL sp_purge_old_recordings(?)");
            purge.setInt(1, 90);
            purge.execute();
            db.setAutoCommit(false);
            tell("in_block", failure(purge::execute).substring(0, 5));
        }
    }
}
