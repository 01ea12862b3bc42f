"""The public names, each imported from where it is made. Type checkers read it; `riskkit` loads names by it on use."""
# isort: skip_file

from riskkit import evidence as evidence, measures as measures, optimize as optimize, read as read, report as report
from riskkit._core.errors import (
    Interrupted as Interrupted,
    InvalidInput as InvalidInput,
    MissingExtra as MissingExtra,
    NotCompiled as NotCompiled,
    NotEnoughMemory as NotEnoughMemory,
    RiskkitError as RiskkitError,
    RiskkitWarning as RiskkitWarning,
)
from riskkit._version import __version__ as __version__
from riskkit.analysis import (
    attribution as attribution,
    breakeven as breakeven,
    core_funded as core_funded,
    private_value as private_value,
    reverse_stress as reverse_stress,
    stress as stress,
    sweep as sweep,
    uncertainty as uncertainty,
)
from riskkit.comparison import influence as influence
from riskkit.comparison._backtest import backtest as backtest
from riskkit.comparison._compare import compare as compare
from riskkit.comparison._comparison import Comparison as Comparison
from riskkit.comparison.metric import Metric as Metric
from riskkit.comparison.reweighting.quantities import Quantity as Quantity
from riskkit.comparison.reweighting.risk_views import (
    Correlation as Correlation,
    TailMean as TailMean,
    Variance as Variance,
)
from riskkit.comparison.reweighting.views import Mean as Mean, Probability as Probability, Quantile as Quantile
from riskkit.engine._replay import replay as replay
from riskkit.engine._trace import Paths as Paths, Trace as Trace, sample as sample, trace as trace
from riskkit.engine.statistic import Statistic as Statistic
from riskkit.frictions import (
    CapitalGains as CapitalGains,
    Deposit as Deposit,
    Frictions as Frictions,
    Spending as Spending,
    Vesting as Vesting,
)
from riskkit.instruments import (
    Collar as Collar,
    CoveredCall as CoveredCall,
    ExchangeFund as ExchangeFund,
    Flow as Flow,
    Hedged as Hedged,
    Instrument as Instrument,
    Leg as Leg,
    OptionPricing as OptionPricing,
    Position as Position,
    PrepaidForward as PrepaidForward,
    Put as Put,
    Terms as Terms,
)
from riskkit.market import (
    Asset as Asset,
    Clustered as Clustered,
    Contagion as Contagion,
    EventSource as EventSource,
    Events as Events,
    Hazard as Hazard,
    Impact as Impact,
    Market as Market,
    Mortality as Mortality,
    NormalInverseGaussian as NormalInverseGaussian,
    Proxy as Proxy,
    Regime as Regime,
    RegimeTables as RegimeTables,
    Regimes as Regimes,
    Resampled as Resampled,
    Seasonal as Seasonal,
    Shock as Shock,
    StudentT as StudentT,
    Tail as Tail,
    TimeChange as TimeChange,
    Uncertain as Uncertain,
    breakthrough as breakthrough,
    equilibrium as equilibrium,
    failure as failure,
    fit as fit,
    fit_marks as fit_marks,
    fit_report as fit_report,
    founder_exit as founder_exit,
    market_crash as market_crash,
    nearest_correlation as nearest_correlation,
)
from riskkit.portfolio import (
    Concentration as Concentration,
    Holding as Holding,
    Liquidity as Liquidity,
    Listed as Listed,
    Loan as Loan,
    Locked as Locked,
    Lot as Lot,
    Marks as Marks,
    Portfolio as Portfolio,
    TenderWindows as TenderWindows,
    concentration as concentration,
)
from riskkit.rules import (
    CPPI as CPPI,
    AdaptiveSellDown as AdaptiveSellDown,
    Band as Band,
    BuyDips as BuyDips,
    Cap as Cap,
    DiversifyNow as DiversifyNow,
    DrawdownControl as DrawdownControl,
    Hold as Hold,
    Rebalance as Rebalance,
    Rule as Rule,
    SellDown as SellDown,
    SellLast as SellLast,
    TakeProfit as TakeProfit,
    Trigger as Trigger,
    Trim as Trim,
    View as View,
    rule as rule,
)
from riskkit.scenario import Scenario as Scenario, scenarios as scenarios
