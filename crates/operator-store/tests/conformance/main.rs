//! The contract of the store, on every backend: each function of [`contract`] is stamped once for each.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod contract;
mod damage;
mod neighbours;
mod rows;
mod sqlite;
mod story;

macro_rules! on_every_backend {
    ($($room:ident::$name:ident),+ $(,)?) => {
        mod on_memory {
            $(#[test]
            fn $name() {
                crate::$room::$name(&operator_core::memory::MemoryStore::default());
            })+
        }

        mod on_sqlite {
            $(#[test]
            fn $name() {
                let folder = tempfile::tempdir().unwrap();
                let store = operator_store::SqliteStore::open(&folder.path().join("store.sqlite")).unwrap();
                crate::$room::$name(&store);
            })+
        }
    };
}

on_every_backend! {
    contract::an_empty_store_is_empty,
    contract::a_dropped_transaction_leaves_nothing,
    contract::a_page_finds_what_stands_far_apart,
    contract::what_was_read_before_a_write_is_read_anew_after_it,
    contract::a_transaction_sees_its_own_writes_and_a_snapshot_does_not,
    contract::the_journal_takes_each_leaf_and_each_statement_once,
    contract::entries_come_in_the_order_of_the_log,
    contract::the_series_follows_registered_and_refused_but_no_branches,
    contract::heads_grow_and_the_first_over_a_leaf_is_found,
    contract::a_node_is_written_once,
    contract::a_content_can_be_erased_and_its_statement_stays,
    contract::the_latest_fact_of_a_slot_holds,
    contract::facts_are_found_by_every_side,
    contract::keys_change_and_stay_in_the_order_of_binding,
    contract::visits_name_their_specialists,
    contract::a_page_holds_what_is_addressed_to_any_of_the_scopes,
    contract::a_coordinator_may_have_thousands_of_scopes,
    contract::activations_are_kept_and_changed,
    contract::a_document_is_kept_as_it_came,
    contract::a_nonce_is_new_once_until_it_expires,
    contract::numbers_beyond_the_log_are_no_error,
    contract::a_lost_content_is_wanted_until_it_comes_back_and_the_size_of_then_is_kept,
    contract::two_writers_take_turns,
    neighbours::what_came_before_its_visit_is_found_by_where_that_is_registered,
    neighbours::visits_of_a_span_come_the_latest_first,
    neighbours::readings_are_found_by_time_and_by_position,
    neighbours::traces_are_found_by_key_epoch_and_answer,
    neighbours::nobody_reads_more_than_so_many_neighbours,
    story::a_rebuild_equals_what_grew,
    story::the_same_push_gets_the_same_answer,
}
