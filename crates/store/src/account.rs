//! Whose file it is: the device's key, the operator, the person.

use domain::content::{Content, DeviceBound, DeviceEnrolled};
use domain::id::{DeviceId, PersonId};
use domain::{Clock, Rng};
use journal::{Beacon, Draft, Sealed, SigningKey, Statement, codec};
use rusqlite::{Connection, OptionalExtension, named_params};
use sync::Operator;
use sync::wire::enrol::{EnrolResponse, Pair};
use zeroize::Zeroizing;

use crate::column::Blob;
use crate::{Store, StoreError, append, collect, receipts, statement};

/// What is known before a device is bound.
#[derive(Debug, Clone)]
pub struct NewDevice {
    /// Its random id.
    pub device: DeviceId,
    /// Its key; kept in the encrypted file.
    pub key: SigningKey,
    /// The operator, verified and compared by the person.
    pub operator: Operator,
    /// Where the operator is.
    pub address: String,
}

/// Whose file it is.
#[derive(Debug, Clone)]
pub struct Account {
    /// The device.
    pub device: DeviceId,
    /// Its key.
    pub key: SigningKey,
    /// The operator.
    pub operator: Operator,
    /// Where the operator is.
    pub address: String,
    /// Whose key it is; `None` until the operator has bound it.
    pub person: Option<PersonId>,
    /// When the operator bound it, UTC ms.
    pub bound_at_ms: Option<i64>,
    /// Whose device it is, as the operator's binding says; `None` when it is the person's own.
    pub host: Option<PersonId>,
}

impl Account {
    pub(crate) fn load(conn: &Connection) -> Result<Option<Self>, StoreError> {
        let mut select = conn.prepare(
            "SELECT id, secret, operator_statement, operator_content, address, person, bound_at_ms, host
               FROM device",
        )?;
        let row = select.query_row([], |row| {
            let secret: Zeroizing<[u8; 32]> = Zeroizing::new(row.get(1)?);
            let operator: (Vec<u8>, Vec<u8>) = (row.get(2)?, row.get(3)?);
            let person: Option<Blob<PersonId>> = row.get(5)?;
            let device = row.get::<_, Blob<DeviceId>>(0)?.0;
            let host: Option<Blob<PersonId>> = row.get(7)?;
            Ok((device, secret, operator, row.get(4)?, person, row.get(6)?, host))
        });
        let Some((device, secret, operator, address, person, bound_at_ms, host)) = row.optional()? else {
            return Ok(None);
        };
        Ok(Some(Self {
            device,
            key: SigningKey::from_secret(&secret).map_err(|_| StoreError::Row("device.secret"))?,
            operator: Operator::verify(&operator.0, &operator.1)
                .map_err(|_| StoreError::Row("device.operator_statement"))?,
            address,
            person: person.map(|person| person.0),
            bound_at_ms,
            host: host.map(|host| host.0),
        }))
    }
}

impl Store {
    /// Writes whose file it is and seals `device-enrolled` as the first statement of the series, in one transaction.
    /// Called again (the app ended before the answer came) it changes nothing and returns the statement of then;
    /// another activation code needs another file, because that statement names the code.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn begin_device(
        &self,
        new: &NewDevice,
        enrolled: &DeviceEnrolled,
        clock: &dyn Clock,
        rng: &dyn Rng,
    ) -> Result<Sealed, StoreError> {
        let begun = self.write(|transaction| {
            if transaction.query_row("SELECT count(*) FROM device", [], |row| row.get::<_, i64>(0))? > 0 {
                return Ok(None);
            }
            transaction.execute(
                "INSERT INTO device (only_one, id, secret, operator_statement, operator_content, address)
                 VALUES (1, :id, :secret, :statement, :content, :address)",
                named_params! {
                    ":id": new.device.as_bytes(),
                    ":secret": Zeroizing::new(new.key.to_secret()).as_slice(),
                    ":statement": new.operator.statement,
                    ":content": new.operator.content,
                    ":address": new.address,
                },
            )?;
            let account = Account::load(transaction)?.ok_or(StoreError::NoDevice)?;
            let draft = Draft::new(new.device, enrolled.clone());
            append::seal_first(transaction, &account, &draft, clock, rng).map(Some)
        })?;
        if let Some(sealed) = begun {
            self.refresh_account()?;
            return Ok(sealed);
        }
        self.with_reader(|conn| statement::own(conn, 0, 1))?.pop().ok_or(StoreError::Row("own_statement 0"))
    }

    /// Takes the operator's answer to an enrolment: verifies `device-bound` and the receipt of `device-enrolled`.
    ///
    /// # Errors
    /// [`StoreError::Unproven`] when anything does not verify; then nothing is changed.
    pub fn bind(&self, response: &EnrolResponse) -> Result<PersonId, StoreError> {
        let account = self.shared_account().ok_or(StoreError::NoDevice)?;
        let bound = bound_to(&account, &response.bound).ok_or(StoreError::Unproven)?;
        let first = self.with_reader(|conn| statement::own(conn, 0, 1))?;
        let leaf_index = response.registration.first_leaf;
        let entries = first
            .iter()
            .map(|sealed| (leaf_index, receipts::Entry { seq: 0, id: sealed.id, bytes: &sealed.bytes }))
            .collect();
        let proven = receipts::prove(&response.registration, &entries, &account.operator.key)?;
        self.write(|transaction| {
            receipts::store(transaction, &proven, |_| Vec::new())?;
            // The first head that this device sees; on a repeat it may have seen more by now.
            if receipts::beacon(transaction)?.is_none() {
                receipts::set_beacon(transaction, proven.head())?;
            }
            collect::keep_binding(transaction, &response.bound)?;
            transaction.execute(
                "UPDATE device SET person = ?1, bound_at_ms = ?2, host = ?3",
                (bound.person.as_bytes(), bound.bound_at_ms, bound.host.map(|host| *host.as_bytes())),
            )?;
            Ok::<_, StoreError>(())
        })?;
        self.refresh_account()?;
        Ok(bound.person)
    }

    /// Whose file it is; `None` before [`Store::begin_device`].
    ///
    /// # Errors
    /// None today; a store that reads it anew each time would have some.
    pub fn account(&self) -> Result<Option<Account>, StoreError> {
        Ok(self.shared_account().map(|account| Account::clone(&account)))
    }

    /// The operator moved.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set_address(&self, address: &str) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute("UPDATE device SET address = ?1", [address])?;
            Ok::<_, StoreError>(())
        })?;
        self.refresh_account()
    }

    /// The last tree head that verified: what new statements carry.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn beacon(&self) -> Result<Option<Beacon>, StoreError> {
        self.with_reader(receipts::beacon)
    }
}

/// To whom the operator binds this device's key, if that is what the pair says.
fn bound_to(account: &Account, pair: &Pair) -> Option<DeviceBound> {
    let statement = Statement::decode(&pair.statement).ok()?.verify(&account.operator.key).ok()?;
    if statement.payload() != codec::hash(&pair.content)
        || statement.header().subject != account.device.into()
    {
        return None;
    }
    match codec::decode(statement.header().kind, &pair.content).ok()? {
        Content::DeviceBound(bound) if bound.key == account.key.verifying_key().to_cose_key() => Some(bound),
        _ => None,
    }
}
