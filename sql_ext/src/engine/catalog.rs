//! The names that a statement may use: those given with it, the session's, files.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, CatalogProviderList, SchemaProvider, TableProvider};
use datafusion::common::Result;
use datafusion::execution::SessionState;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::TableType;

use crate::source::files;

/// Tables that come with one statement, by name.
pub type Given = BTreeMap<String, Arc<dyn TableProvider>>;

/// The session's state for one statement, in which the names of `given` go first and
/// quoted paths are tables.
pub fn with_names(state: SessionState, given: Given) -> SessionState {
    let options = &state.config_options().catalog;
    let scope = Arc::new(Scope {
        catalog: options.default_catalog.clone(),
        schema: options.default_schema.clone(),
        given,
        state: state.clone(),
    });
    let list = Catalogs { base: Arc::clone(state.catalog_list()), scope };
    SessionStateBuilder::new_from_existing(state).with_catalog_list(Arc::new(list)).build()
}

struct Scope {
    catalog: String,
    schema: String,
    given: Given,
    state: SessionState,
}

impl Debug for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.given.keys()).finish()
    }
}

impl Scope {
    /// The given table of this name, or the only one that has it in another case.
    fn given(&self, name: &str, exact: bool) -> Option<Arc<dyn TableProvider>> {
        if let Some(table) = self.given.get(name) {
            return Some(Arc::clone(table));
        }
        let mut alike = self.given.iter().filter(|(k, _)| !exact && k.eq_ignore_ascii_case(name));
        match (alike.next(), alike.next()) {
            (Some((_, table)), None) => Some(Arc::clone(table)),
            _ => None,
        }
    }
}

#[derive(Debug)]
struct Catalogs {
    base: Arc<dyn CatalogProviderList>,
    scope: Arc<Scope>,
}

impl CatalogProviderList for Catalogs {
    fn register_catalog(&self, name: String, catalog: Arc<dyn CatalogProvider>) -> Option<Arc<dyn CatalogProvider>> {
        self.base.register_catalog(name, catalog)
    }

    fn catalog_names(&self) -> Vec<String> {
        self.base.catalog_names()
    }

    fn catalog(&self, name: &str) -> Option<Arc<dyn CatalogProvider>> {
        let base = self.base.catalog(name)?;
        if name != self.scope.catalog {
            return Some(base);
        }
        Some(Arc::new(Schemas { base, scope: Arc::clone(&self.scope) }))
    }
}

#[derive(Debug)]
struct Schemas {
    base: Arc<dyn CatalogProvider>,
    scope: Arc<Scope>,
}

impl CatalogProvider for Schemas {
    fn schema_names(&self) -> Vec<String> {
        self.base.schema_names()
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        let base = self.base.schema(name)?;
        if name != self.scope.schema {
            return Some(base);
        }
        Some(Arc::new(Tables { base, scope: Arc::clone(&self.scope) }))
    }

    fn register_schema(&self, name: &str, schema: Arc<dyn SchemaProvider>) -> Result<Option<Arc<dyn SchemaProvider>>> {
        self.base.register_schema(name, schema)
    }

    fn deregister_schema(&self, name: &str, cascade: bool) -> Result<Option<Arc<dyn SchemaProvider>>> {
        self.base.deregister_schema(name, cascade)
    }
}

#[derive(Debug)]
struct Tables {
    base: Arc<dyn SchemaProvider>,
    scope: Arc<Scope>,
}

#[async_trait]
impl SchemaProvider for Tables {
    fn table_names(&self) -> Vec<String> {
        let mut names = self.base.table_names();
        names.extend(self.scope.given.keys().filter(|k| !self.base.table_exist(k)).cloned());
        names
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        if let Some(table) = self.scope.given(name, true) {
            return Ok(Some(table));
        }
        if let Some(table) = self.base.table(name).await? {
            return Ok(Some(table));
        }
        if let Some(table) = self.scope.given(name, false) {
            return Ok(Some(table));
        }
        Ok(files::table_at(&self.scope.state, name).await?)
    }

    async fn table_type(&self, name: &str) -> Result<Option<TableType>> {
        match self.scope.given(name, true) {
            Some(table) => Ok(Some(table.table_type())),
            None => self.base.table_type(name).await,
        }
    }

    fn register_table(&self, name: String, table: Arc<dyn TableProvider>) -> Result<Option<Arc<dyn TableProvider>>> {
        self.base.register_table(name, table)
    }

    fn deregister_table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        self.base.deregister_table(name)
    }

    fn table_exist(&self, name: &str) -> bool {
        self.scope.given.contains_key(name) || self.base.table_exist(name)
    }
}

/// The names of the tables in the session's own schema, for those who mistyped one.
pub fn table_names(state: &SessionState) -> Vec<String> {
    let options = &state.config_options().catalog;
    let schema = state.catalog_list().catalog(&options.default_catalog).and_then(|c| c.schema(&options.default_schema));
    schema.map(|s| s.table_names()).unwrap_or_default()
}

/// A provider as the type it is.
pub fn downcast<T: Any>(provider: &Arc<dyn TableProvider>) -> Option<&T> {
    (provider.as_ref() as &dyn Any).downcast_ref::<T>()
}
