"""The public functions of the packages on this chain, as Move declares them (walrus.md, 11.2).

`Names` in signatures are structs of the list at the end, with the module that defines them. The
transaction's context goes unsaid, as clients never pass it.
"""

from __future__ import annotations

__all__ = ["FUNCTIONS", "STRUCTS"]

FUNCTIONS = {
    "walrus": """
system::epoch(&System): u32
system::n_shards(&System): u16
system::version(&System): u64
system::total_capacity_size(&System): u64
system::used_capacity_size(&System): u64
system::reserve_space(&mut System, u64, u32, &mut Coin<WAL>): Storage
system::reserve_space_for_epochs(&mut System, u64, u32, u32, &mut Coin<WAL>): Storage
system::register_blob(&mut System, Storage, u256, u256, u64, u8, bool, &mut Coin<WAL>): Blob
system::certify_blob(&System, &mut Blob, vector<u8>, vector<u8>, vector<u8>)
system::delete_blob(&System, Blob): Storage
system::extend_blob(&mut System, &mut Blob, u32, &mut Coin<WAL>)
system::extend_blob_with_resource(&System, &mut Blob, Storage)
system::invalidate_blob_id(&System, vector<u8>, vector<u8>, vector<u8>): u256
system::add_subsidy(&mut System, Coin<WAL>, u32)
system::add_per_epoch_subsidies(&mut System, vector<Balance<WAL>>)
system::certify_event_blob(&mut System, &mut StorageNodeCap, u256, u256, u64, u8, u64, u32)
system::register_deny_list_update(&System, &StorageNodeCap, u256, u64)
system::update_deny_list(&mut System, &mut StorageNodeCap, vector<u8>, vector<u8>, vector<u8>)
system::delete_deny_listed_blob(&System, vector<u8>, vector<u8>, vector<u8>)
system::update_protocol_version(&System, &StorageNodeCap, vector<u8>, vector<u8>, vector<u8>)
system::create_storage_pool(&mut System, u64, u32, &mut Coin<WAL>): StoragePool
system::create_storage_pool_with_storage(&System, Storage): StoragePool
system::register_pooled_blob(&mut System, &mut StoragePool, u256, u256, u64, u8, bool,
    &mut Coin<WAL>)
system::certify_pooled_blob(&System, &mut StoragePool, u256, vector<u8>, vector<u8>, vector<u8>)
system::delete_pooled_blob(&System, &mut StoragePool, u256)
system::burn_expired_pooled_blob(&System, &mut StoragePool, u256)
system::extend_storage_pool(&mut System, &mut StoragePool, u32, &mut Coin<WAL>)
system::increase_storage_pool_capacity(&mut System, &mut StoragePool, u64, &mut Coin<WAL>)
system::increase_storage_pool_capacity_with_storage(&System, &mut StoragePool, Storage)
system::decrease_storage_pool_capacity_by_size(&System, &mut StoragePool, u64): Storage
system::decrease_storage_pool_unused_capacity_by_percent(&System, &mut StoragePool, u8): Storage
blob::object_id(&Blob): ID
blob::registered_epoch(&Blob): u32
blob::blob_id(&Blob): u256
blob::size(&Blob): u64
blob::encoding_type(&Blob): u8
blob::certified_epoch(&Blob): Option<u32>
blob::end_epoch(&Blob): u32
blob::is_deletable(&Blob): bool
blob::encoded_size(&Blob, u16): u64
blob::derive_blob_id(u256, u8, u64): u256
blob::burn(Blob)
blob::add_metadata(&mut Blob, Metadata)
blob::add_or_replace_metadata(&mut Blob, Metadata): Option<Metadata>
blob::take_metadata(&mut Blob): Metadata
blob::insert_or_update_metadata_pair(&mut Blob, String, String)
blob::remove_metadata_pair(&mut Blob, &String): (String, String)
blob::remove_metadata_pair_if_exists(&mut Blob, &String): Option<String>
metadata::new(): Metadata
metadata::insert_or_update(&mut Metadata, String, String)
metadata::remove(&mut Metadata, &String): (String, String)
metadata::remove_if_exists(&mut Metadata, &String): Option<String>
storage_resource::start_epoch(&Storage): u32
storage_resource::end_epoch(&Storage): u32
storage_resource::size(&Storage): u64
storage_resource::split_by_epoch(&mut Storage, u32): Storage
storage_resource::split_by_size(&mut Storage, u64): Storage
storage_resource::fuse_periods(&mut Storage, Storage)
storage_resource::fuse_amount(&mut Storage, Storage)
storage_resource::fuse(&mut Storage, Storage)
storage_resource::destroy(Storage)
shared_blob::new(Blob)
shared_blob::new_funded(Blob, Coin<WAL>)
shared_blob::fund(&mut SharedBlob, Coin<WAL>)
shared_blob::extend(&mut SharedBlob, &mut System, u32)
storage_pool::destroy(StoragePool): Storage
storage_pool::add_metadata(&mut StoragePool, u256, Metadata)
storage_pool::insert_or_update_metadata_pair(&mut StoragePool, u256, String, String)
storage_pool::remove_metadata_pair(&mut StoragePool, u256, &String): (String, String)
staking::register_candidate(&mut Staking, String, String, NodeMetadata, vector<u8>, vector<u8>,
    vector<u8>, u16, u64, u64, u64): StorageNodeCap
staking::epoch(&Staking): u32
staking::stake_with_pool(&mut Staking, Coin<WAL>, ID): StakedWal
staking::request_withdraw_stake(&mut Staking, &mut StakedWal)
staking::withdraw_stake(&mut Staking, StakedWal): Coin<WAL>
staking::can_withdraw_staked_wal_early(&Staking, &StakedWal): bool
staking::calculate_rewards(&Staking, ID, u64, u32, u32): u64
staking::try_join_active_set(&mut Staking, &StorageNodeCap)
staking::set_next_commission(&mut Staking, &StorageNodeCap, u16)
staking::collect_commission(&mut Staking, ID, Authenticated): Coin<WAL>
staking::set_commission_receiver(&mut Staking, ID, Authenticated, Authorized)
staking::set_governance_authorized(&mut Staking, ID, Authenticated, Authorized)
staking::set_storage_price_vote(&mut Staking, &StorageNodeCap, u64)
staking::set_write_price_vote(&mut Staking, &StorageNodeCap, u64)
staking::set_node_capacity_vote(&mut Staking, &StorageNodeCap, u64)
staking::update_prices(&mut Staking, &mut System)
staking::set_next_public_key(&mut Staking, &StorageNodeCap, vector<u8>, vector<u8>)
staking::set_name(&mut Staking, &StorageNodeCap, String)
staking::set_network_address(&mut Staking, &StorageNodeCap, String)
staking::set_network_public_key(&mut Staking, &StorageNodeCap, vector<u8>)
staking::set_node_metadata(&mut Staking, &StorageNodeCap, NodeMetadata)
staking::node_metadata(&Staking, ID): NodeMetadata
staking::add_commission_to_pools(&mut Staking, vector<ID>, vector<Coin<WAL>>)
staking::voting_end(&mut Staking, &Clock)
staking::initiate_epoch_change(&mut Staking, &mut System, &Clock)
staking::initiate_epoch_change_v2(&mut Staking, &mut System, &mut ProtectedTreasury, &Clock)
staking::epoch_sync_done(&mut Staking, &mut StorageNodeCap, u32, &Clock)
staked_wal::value(&StakedWal): u64
staked_wal::node_id(&StakedWal): ID
staked_wal::activation_epoch(&StakedWal): u32
staked_wal::is_withdrawing(&StakedWal): bool
staked_wal::withdraw_epoch(&StakedWal): u32
staked_wal::split(&mut StakedWal, u64): StakedWal
staked_wal::join(&mut StakedWal, StakedWal)
storage_node::node_id(&StorageNodeCap): ID
auth::authenticate_sender(): Authenticated
auth::authenticate_with_object<T: key>(&T): Authenticated
auth::authorized_address(address): Authorized
auth::authorized_object(ID): Authorized
node_metadata::new(String, String, String): NodeMetadata
node_metadata::default(): NodeMetadata
upgrade::vote_for_upgrade(&mut UpgradeManager, &Staking, Authenticated, ID, vector<u8>)
upgrade::authorize_upgrade(&mut UpgradeManager, &Staking, vector<u8>): UpgradeTicket
upgrade::cleanup_upgrade_proposals(&mut UpgradeManager, &Staking, vector<vector<u8>>)
slashing::vote_for_slashing(&mut SlashingManager, &Staking, Authenticated, ID, ID)
slashing::execute_slashing(&mut SlashingManager, &mut Staking, &mut ProtectedTreasury, ID)
slashing::cleanup_slashing_proposals(&mut SlashingManager, &Staking, vector<ID>)
""",
    "wal": """
wal::total_supply(&ProtectedTreasury): u64
wal::burn(&mut ProtectedTreasury, Coin<WAL>)
""",
    "exchange": """
wal_exchange::exchange_all_for_wal(&mut Exchange, Coin<SUI>): Coin<WAL>
wal_exchange::exchange_for_wal(&mut Exchange, &mut Coin<SUI>, u64): Coin<WAL>
wal_exchange::exchange_all_for_sui(&mut Exchange, Coin<WAL>): Coin<SUI>
wal_exchange::exchange_for_sui(&mut Exchange, &mut Coin<WAL>, u64): Coin<SUI>
wal_exchange::add_wal(&mut Exchange, &mut Coin<WAL>, u64)
wal_exchange::add_all_wal(&mut Exchange, Coin<WAL>)
wal_exchange::add_sui(&mut Exchange, &mut Coin<SUI>, u64)
wal_exchange::add_all_sui(&mut Exchange, Coin<SUI>)
""",
    "subsidies": """
walrus_subsidies::add_coin(&mut WalrusSubsidies, Coin<WAL>)
walrus_subsidies::process_subsidies(&mut WalrusSubsidies, &mut Staking, &mut System, &Clock)
""",
    "framework": """
coin::zero<T>(): Coin<T>
coin::value<T>(&Coin<T>): u64
coin::split<T>(&mut Coin<T>, u64): Coin<T>
coin::join<T>(&mut Coin<T>, Coin<T>)
coin::destroy_zero<T>(Coin<T>)
coin::into_balance<T>(Coin<T>): Balance<T>
coin::from_balance<T>(Balance<T>): Coin<T>
balance::zero<T>(): Balance<T>
balance::value<T>(&Balance<T>): u64
balance::split<T>(&mut Balance<T>, u64): Balance<T>
balance::join<T>(&mut Balance<T>, Balance<T>): u64
balance::destroy_zero<T>(Balance<T>)
transfer::public_transfer<T: key + store>(T, address)
transfer::public_share_object<T: key + store>(T)
transfer::public_freeze_object<T: key + store>(T)
object::id_from_address(address): ID
object::id_to_address(&ID): address
clock::timestamp_ms(&Clock): u64
""",
}
"""Package -> lines `module::function<type parameters>(parameters): result`."""

STRUCTS = {
    "walrus": """
system::System: key
staking::Staking: key
storage_resource::Storage: key, store
blob::Blob: key, store
shared_blob::SharedBlob: key
storage_pool::StoragePool: key, store
storage_pool::StoragePoolInnerV1: store
storage_pool::PooledBlob: key, store
staked_wal::StakedWal: key, store
storage_node::StorageNodeCap: key, store
staking_pool::StakingPool: key, store
auth::Authenticated: drop
auth::Authorized: copy, drop, store
metadata::Metadata: drop, store
node_metadata::NodeMetadata: copy, drop, store
upgrade::UpgradeManager: key
upgrade::EmergencyUpgradeCap: key, store
slashing::SlashingManager: key
system_state_inner::SystemStateInnerV1: store
staking_inner::StakingInnerV1: store
""",
    "wal": """
wal::WAL: drop
wal::ProtectedTreasury: key
""",
    "exchange": """
wal_exchange::Exchange: key, store
wal_exchange::AdminCap: key, store
""",
    "subsidies": """
walrus_subsidies::WalrusSubsidies: key
walrus_subsidies::AdminCap: key, store
""",
    "framework": """
sui::SUI: drop
coin::Coin: key, store
coin::CoinMetadata: key, store
balance::Balance: store
clock::Clock: key
object::ID: copy, drop, store
object::UID: store
tx_context::TxContext: drop
package::UpgradeTicket:
package::UpgradeReceipt:
dynamic_field::Field: key
dynamic_object_field::Wrapper: copy, drop, store
""",
    "stdlib": """
string::String: copy, drop, store
option::Option: copy, drop, store
""",
}
"""Package -> lines `module::Name: abilities`."""
