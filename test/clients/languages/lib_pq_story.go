package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/lib/pq"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func parts(err error) map[string]string {
	sqlstate, constraint, detail := explain(err)
	return map[string]string{"sqlstate": sqlstate, "constraint": constraint, "detail": detail}
}

// row gives a row as the driver gives it to an interface{}.
func row(db *sql.DB, query string, values ...interface{}) map[string]interface{} {
	rows, err := db.Query(query, values...)
	must(err)
	defer rows.Close()
	names, _ := rows.Columns()
	cells := make([]interface{}, len(names))
	into := make([]interface{}, len(names))
	for i := range cells {
		into[i] = &cells[i]
	}
	if !rows.Next() {
		must(fmt.Errorf("no row: %v", rows.Err()))
	}
	must(rows.Scan(into...))
	found := map[string]interface{}{}
	for i, name := range names {
		if bytes, ok := cells[i].([]byte); ok {
			cells[i] = "[]byte " + string(bytes)
		}
		found[name] = cells[i]
	}
	return found
}

func story() {
	report := map[string]interface{}{}
	connector, err := pq.NewConnector(os.Getenv("WHERE"))
	must(err)
	db := sql.OpenDB(pq.ConnectorWithNoticeHandler(connector, func(notice *pq.Error) {
		report["notice"] = notice.Message
	}))
	user, recording, err := transcribe(db)
	must(err)
	segments, _ := json.Marshal([]Segment{{0, 0, 2400, "Xin chào các bạn."}})
	_, err = db.Exec("CALL sp_complete_recording($1, $2, $3)", recording, 2400, string(segments))
	must(err)
	report["stats"] = row(db, "SELECT * FROM sp_get_user_stats($1)", user)
	report["plan"] = row(db, "CALL sp_change_user_plan($1, $2, $3)", user, "BASIC", true)
	report["refused"] = row(db, "SELECT * FROM sp_check_quota_and_create_recording($1, $2)",
		"00000000-0000-7000-8000-000000000000", "upload")
	_, _, err = transcribe(db)
	report["taken"] = parts(err)
	_, err = db.Exec("CALL sp_complete_recording($1, $2, $3)", recording, 2400, `[{"idx": 0}]`)
	report["bad"] = parts(err)
	_, report["date"] = row(db, "SELECT created_at FROM sp_get_recording($1, $2)", user, recording)["created_at"].(time.Time)
	db.Close()

	jobs, err := sql.Open("postgres", os.Getenv("WHERE_JOBS"))
	must(err)
	_, err = jobs.Exec("CALL sp_purge_old_recordings($1)", 90)
	must(err)
	block, err := jobs.Begin()
	must(err)
	_, err = block.Exec("CALL sp_purge_old_recordings($1)", 90)
	report["in_block"] = parts(err)["sqlstate"]
	must(json.NewEncoder(os.Stdout).Encode(report))
}
