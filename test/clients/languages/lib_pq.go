package main

// docs
import (
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/lib/pq"
)

type Segment struct {
	Idx     int    `json:"idx"`
	StartMs int    `json:"start_ms"`
	EndMs   int    `json:"end_ms"`
	Text    string `json:"text"`
}

func transcribe(db *sql.DB) (user, recording string, err error) {
	segments, _ := json.Marshal([]Segment{{0, 0, 2400, "Xin chào các bạn."}})
	err = db.QueryRow("SELECT s2t_register_user($1, $2, $3, $4, $5)",
		"lan@example.com", "lan", "$2b$12$hash", nil, "FREE").Scan(&user)
	if err != nil {
		return
	}
	var id sql.NullString // NULL in a refusal
	var ok bool
	var reason string
	err = db.QueryRow("SELECT * FROM sp_check_quota_and_create_recording($1, $2)", user, "upload").
		Scan(&id, &ok, &reason)
	if err == nil && !ok {
		err = errors.New(reason)
	}
	if err == nil {
		recording = id.String
		_, err = db.Exec("CALL sp_complete_recording($1, $2, $3)", recording, 2400, string(segments))
	}
	return
}

func explain(err error) (sqlstate, constraint, detail string) {
	var told *pq.Error
	if errors.As(err, &told) {
		sqlstate, constraint, detail = string(told.Code), told.Constraint, told.Detail
	}
	return
}

// docs

func main() { story() }
