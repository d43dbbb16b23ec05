"""From trials to weights to records: training, measuring, executors, the store."""

from ..tasks import NUM_NOVEL as NUM_NOVEL, novel as novel, pool as pool, tempering as tempering
from . import views as views
from ._index import Listing as Listing, listing as listing
from ._levels import (
    BOUNDARY as BOUNDARY,
    ENOUGH_SEEDS as ENOUGH_SEEDS,
    FLAT as FLAT,
    Depth as Depth,
    ReflexLevel as ReflexLevel,
    certified_rows as certified_rows,
    level_path as level_path,
    reflex_level as reflex_level,
    save_level as save_level,
)
from ._measure import MEASURE_VERSION as MEASURE_VERSION
from ._parquet import read_parquet as read_parquet, write_parquet as write_parquet
from ._programs import remember_programs as remember_programs
from ._published import Published as Published, is_published as is_published, load as load, publish as publish
from ._records import AbstractRecords as AbstractRecords, Record as Record, StoreError as StoreError
from ._run import remeasure as remeasure, run as run
from ._sets import novel_set as novel_set, own_set as own_set
from ._store import Store as Store, is_store as is_store
from ._together import TrainingPopulation as TrainingPopulation
from ._train import fresh_model as fresh_model, member_of as member_of, train as train
from ._vector import run_time_vector as run_time_vector
from ._weights import from_arrays as from_arrays
from .executors import (
    AbstractExecutor as AbstractExecutor,
    Local as Local,
    Population as Population,
    RayCluster as RayCluster,
    SlurmArray as SlurmArray,
    SweepError as SweepError,
)
from .trials import (
    TRIALS as TRIALS,
    AbstractTrial as AbstractTrial,
    Computation as Computation,
    Planted as Planted,
    Relearning as Relearning,
    Training as Training,
    Trial as Trial,
    advance as advance,
    checkpoint_steps as checkpoint_steps,
    cost as cost,
    describe as describe,
    from_description as from_description,
    task_id as task_id,
    trial_id as trial_id,
)
from .views import SIBLINGS as SIBLINGS, VIEWS as VIEWS, View as View
