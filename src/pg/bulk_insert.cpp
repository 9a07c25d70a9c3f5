#include "pg/bulk_insert.h"

#include "pg/compat.h"

namespace s2t::pg {

namespace {

bool has_volatile_default(Relation relation, const Bitmapset* attributes) {
  int number = -1;
  while ((number = bms_next_member(attributes, number)) >= 0)
    if (contain_volatile_functions_not_nextval(build_column_default(relation, number))) return true;
  return false;
}

}  // namespace

BulkInsert BulkInsert::begin(Table* table, Columns columns, int64_t expected) {
  BulkInsert bulk;
  bulk.table_ = table;
  table->begin(CMD_INSERT, columns);
  TriggerDesc* triggers = table->result_->ri_TrigDesc;
  bulk.one_at_a_time_ = (triggers != nullptr && triggers->trig_insert_before_row) ||
                        has_volatile_default(table->relation_, table->open_defaults_);
  if (!bulk.one_at_a_time_)
    bulk.slots_ = static_cast<TupleTableSlot**>(palloc0(sizeof(TupleTableSlot*) * kMaxRows));
  if (expected > kMaxRows) bulk.state_ = GetBulkInsertState();
  return bulk;
}

void BulkInsert::add(const Values& values, int64_t bytes) {
  if (one_at_a_time_) {
    if (table_->insert(values) != nullptr) stored_++;
    CHECK_FOR_INTERRUPTS();
    return;
  }
  EState* estate = table_->session_->estate();
  if (slots_[used_] == nullptr) slots_[used_] = table_->make_slot();
  TupleTableSlot* slot = slots_[used_];
  ResetPerTupleExprContext(estate);
  MemoryContext caller = MemoryContextSwitchTo(GetPerTupleMemoryContext(estate));
  table_->fill(slot, values);
  MemoryContextSwitchTo(caller);
  table_->check_row(slot, CMD_INSERT);
  ExecMaterializeSlot(slot);
  used_++;
  bytes_ += bytes;
  if (used_ == kMaxRows || bytes_ >= kMaxBytes) flush();
}

void BulkInsert::flush() {
  if (used_ == 0) return;
  CHECK_FOR_INTERRUPTS();
  EState* estate = table_->session_->estate();
  // The access method may leave garbage behind.
  ResetPerTupleExprContext(estate);
  MemoryContext caller = MemoryContextSwitchTo(GetPerTupleMemoryContext(estate));
  table_multi_insert(table_->relation_, slots_, used_, estate->es_output_cid, 0, state_);
  MemoryContextSwitchTo(caller);
  for (int i = 0; i < used_; i++) {
    List* recheck = table_->store_index_entries(slots_[i], false, false);
    ExecARInsertTriggers(estate, table_->result_, slots_[i], recheck, table_->capture_);
    list_free(recheck);
    ExecClearTuple(slots_[i]);
  }
  stored_ += used_;
  Table::count_changed(used_);
  used_ = 0;
  bytes_ = 0;
}

int64_t BulkInsert::end() {
  flush();
  if (state_ != nullptr) FreeBulkInsertState(state_);
  table_finish_bulk_insert(table_->relation_, 0);
  table_->end();
  return stored_;
}

}  // namespace s2t::pg
