"""Small valid files of holdings, prices and funds in all layouts, as seeds of hostile files."""

from __future__ import annotations

from pathlib import Path

__all__ = ["HOLDINGS", "HOLDING_FRAMES", "NPORT", "NPORTS", "PRICES", "PRICE_FRAMES"]

# ---------------------------------------------------------------------------------------------------------------------
# Holdings
# ---------------------------------------------------------------------------------------------------------------------

PLAIN = b'Ticker,Name,Market Value,founder\nTSLA,Tesla,"$4,000",Musk\n,SpaceX,6000,Musk\nSHORT,,(12.5),\nTSLA,,1,Musk\n'
_BROKERS = Path(__file__).resolve().parents[1] / "read" / "brokers"

HOLDINGS = [
    PLAIN,
    # A preamble, a comma at the end of the rows, lots below a summary, options, a sum, another table, a closing note.
    b'"Positions for account 1234 as of 10:00 AM, 08/21/2026"\n\n'
    b'"Symbol","Description","Qty","Price","Mkt Val (Market Value)","Cost Basis","Security Type"\n'
    b'"TSLA","TESLA INC","10","$300.00","$3,000.00","$1,000.00","Equity",\n'
    b'"TSLA 01/16/2027 200.00 P","PUT TESLA INC $200 EXP 01/16/27","1","$5","$500.00","$400","Option",\n'
    b'"Cash & Cash Investments","--","--","--","($400.00)","--","Cash and Money Market",\n'
    b'"Account Total","--","--","--","$3,100.00","$1,400.00","--",\n\n'
    b'"Date","Action"\n"08/20/2026","Buy"\n\n"The data is not guaranteed to be accurate."\n',
    b"Account Number,Symbol,Description,Quantity,Last Price,Current Value,Average Cost Basis,Type\nX1,TSLA,TESLA INC,4,"
    b"$300,$1200.00,$100.00,Cash,\nX1,VTI,VANGUARD TOTAL STOCK MARKET ETF,3,$100,$300.00,$90.00,Cash,\nX1,TSLA,TESLA "
    b"INC,1,$300,$300.00,--,Margin,\nX1,-TSLA270116C400,TSLA JAN 16 2027 $400 CALL,1,$1,$100.00,$2,Margin,\n",
    # Several currencies: in a column, in the cells, in the heads.
    b"ticker,value,currency,cost basis\nTSLA,60000,USD,10000\n7203.T,2800000,JPY,\nSAP,500,EUR,400\n",
    'symbol,value\nTSLA,"$60,000"\n7203.T,"¥2,800,000"\nSAP,€500\nVOD,£70.50\n'.encode(),
    b"Symbol,Market value (USD),Total Cost (USD),Market value (EUR)\nTSLA,100,50,90\nSAP,200,,180\n",
    # Semicolons and the comma as decimal sign; a byte order mark; a line that names the separator; UTF-16.
    "\ufeffsep=;\r\nBezeichnung;ISIN;Stück;Einstandskurs;Kurswert;Währung\r\nTesla;US88160R1014;10;100,50;3.000,75;EUR\r\n"
    "SAP;DE0007164600;5;80,00;500,25;EUR\r\nGesamtsumme;;;;3.501,00;EUR\r\n".encode(),
    "Libellé\tValeur\tDevise\nTesla\t1 234,5\tEUR\nLVMH\t2’000\tEUR\n".encode("utf-16"),
    b"name;value\nA;1,5\nB;2,25\n",
    # Sections of a statement; a level of detail; put or call; owed money.
    b"Statement,Header,Field Name,Field Value\nStatement,Data,Title,Activity\n"
    b"Open Positions,Header,DataDiscriminator,Asset Category,Currency,Symbol,Quantity,Cost Basis,Value\n"
    b"Open Positions,Data,Summary,Stocks,USD,TSLA,10,1000,3000\nOpen Positions,Data,Lot,Stocks,USD,TSLA,4,300,1200\n"
    b"Open Positions,Data,Lot,Stocks,USD,TSLA,6,700,1800\nOpen Positions,Total,,Stocks,USD,,,1000,3000\n",
    b"ticker,value,put/call,strike\nTSLA,60,,\nTSLA,8,Put,200\nTSLA,-3,Call,400\nVTI,41,,\nMargin loan,20,,\n",
    b"ticker,value\nBRK.B,100\nCash,-40\nTOTAL,60\nMSFT,20\n",
    *(file.read_bytes() for file in sorted(_BROKERS.glob("*.csv"))),
]

HOLDING_FRAMES = [
    b"ticker,value,cost,founder\nTSLA,60.5,10,Musk\nVTI,40,30,\n",
    b'symbol,market value,currency\nTSLA,"$60",USD\nTOTAL,100,USD\nCash,-5,USD\n',
    # Shares and prices, with a value where there are none; fields of a mapping.
    b"ticker,shares,price (USD),cost per share\nTSLA,10,400.5,20\nVTI,3,250,200\n",
    b"ticker,shares,price,value,name,founder\nTSLA,10,400,,Tesla,Musk\nVTI,,,600,,\n",
]

# ---------------------------------------------------------------------------------------------------------------------
# Prices
# ---------------------------------------------------------------------------------------------------------------------

PRICES = [
    b'date,TSLA,SPCX\n2026-06-11,1310.5,\n2026-06-12,"1,312",1.35\n2026-06-15,$1300,1\n',
    b"Date,Ticker,Adj Close,Close\n2026-06-11,TSLA,310.5,1\n2026-06-12,TSLA,312,2\n2026-06-12,SPCX,135,\n",
    b"date,A\n2026-03-27T16:00:00-05:00,1\n2026-03-30T16:00:00-04:00,12e-1\n20260331T160000-0400,1.5\n",
    b"Date,symbol,close,adjClose,volume\n2026-06-11,TSLA,310,31,9\n2026-06-12,TSLA,62,32,9\n",
    b"timestamp,open,high,low,close,volume\n2026-06-11,1,2,1,1.5,100\n2026-06-12,1.5,2,1,1.75,100\n",
    b"Date,Price,Open,High,Low,Vol.\n2026-06-11,1.5,1,2,1,1K\n2026-06-12,1.75,1.5,2,1,2M\n",
    b"Price,Adj Close,Close,Volume\nTicker,TSLA,TSLA,TSLA\nDate,,,\n2026-06-11,310.5,310,1\n2026-06-12,312,311,2\n",
    b"Price,Close,Close\nTicker,TSLA,VTI\nDate,,\n2026-06-11,310.5,200\n2026-06-12,312,201\n",
    b"Date;TSLA;VTI\n11.06.2026;310,5;200,1\n12.06.2026;312,25;201\n",
    b"Date,TSLA\n31/08/2026,2213\n01/09/2026,500\n",
    b"date,TSLA\n2020-08-28,2213.4\n2020-08-31,498.32\n2020-09-01,475.05\n",
    b"date,TSLA\n2020-08-28,22.1\n2020-08-31,498.3\n2020-09-01,475.5\n",
]

PRICE_FRAMES = [
    b"date,TSLA,SPCX\n2026-06-11,310.5,\n2026-06-12,312,135\n2026-06-15,300,136\n",
    b"Price,Close,Close,Volume,Volume\nTicker,TSLA,VTI,TSLA,VTI\n2026-06-11,310.5,200,1,2\n2026-06-12,312,201,3,4\n",
    b"Ticker,TSLA,TSLA,VTI,VTI\nPrice,Adj Close,Close,Adj Close,Close\n2026-06-11,9,2,9,4\n2026-06-12,10,2,10,4\n",
    b"date,A\n2026-03-27T16:00:00-05:00,1\n2026-03-30T16:00:00-05:00,1.25\n",
]

# ---------------------------------------------------------------------------------------------------------------------
# N-PORT
# ---------------------------------------------------------------------------------------------------------------------

_TESLA = (
    "<invstOrSec><name>Tesla Inc</name><lei>54930043XZGB27CTOV49</lei><title>TSLA stock</title>\n"
    '<cusip>88160R101</cusip><identifiers><isin value="US88160R1014"/><ticker value="TSLA"/></identifiers>\n'
    "<balance>0.2</balance><units>NS</units><curCd>USD</curCd><valUSD>60.25</valUSD><pctVal>59.95</pctVal>"
    "<payoffProfile>Long</payoffProfile><assetCat>EC</assetCat>\n"
    "<isRestrictedSec>N</isRestrictedSec><fairValLevel>1</fairValLevel></invstOrSec>\n"
)


def _filing(*lines: str, net: str = "100.5", form: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<edgarSubmission xmlns="http://www.sec.gov/edgar/nport">'
        f"{form}<formData><fundInfo><netAssets>{net}</netAssets></fundInfo>\n<invstOrSecs>{''.join(lines)}"
        "</invstOrSecs>\n</formData></edgarSubmission>\n"
    ).encode()


def _line(name: str, value: str, rest: str = "") -> str:
    return f"<invstOrSec><name>{name}</name><valUSD>{value}</valUSD>{rest}</invstOrSec>\n"


def _derivative(name: str, mark: str, category: str, inside: str) -> str:
    rest = f"<payoffProfile>N/A</payoffProfile><assetCat>{category}</assetCat><derivativeInfo>{inside}</derivativeInfo>"
    return _line(name, mark, f"<balance>3</balance><units>NC</units><curCd>USD</curCd>{rest}")


def _future(currency: str, amount: str) -> str:
    return (
        f'<futrDeriv derivCat="FUT"><payOffProf>Short</payOffProf>{_REFERENCE}<expDate>2027-01-01</expDate>'
        f"<notionalAmt>{amount}</notionalAmt><curCd>{currency}</curCd><unrealizedAppr>1</unrealizedAppr></futrDeriv>"
    )


_REFERENCE = (
    "<descRefInstrmnt><otherRefInst><issuerName>Tesla Inc</issuerName><issueTitle>TSLA stock</issueTitle>"
    '<identifiers><cusip value="88160R101"/><ticker value="TSLA"/></identifiers></otherRefInst></descRefInstrmnt>'
)
_ALPHABET = _REFERENCE.replace("88160R101", "02079K305").replace("Tesla Inc", "Alphabet").replace("TSLA", "GOOGL")
_INDEX = (
    "<descRefInstrmnt><indexBasketInfo><indexName>Basket</indexName><indexIdentifier>BSK</indexIdentifier>"
    '<components><component><othIndName>Tesla</othIndName><identifiers><ticker value="TSLA"/></identifiers>'
    "<othIndNotAmt>1</othIndNotAmt><othIndCurCd>USD</othIndCurCd><othIndValue>50</othIndValue>"
    "<othIndIssCurCd>USD</othIndIssCurCd></component></components></indexBasketInfo></descRefInstrmnt>"
)
_SWAP = (
    '<swapDeriv derivCat="SWP">{reference}<swapFlag>Y</swapFlag>'
    '<otherRecDesc fixedOrFloating="Other">total return of Tesla</otherRecDesc>'
    '<floatingPmntDesc fixedOrFloating="Floating" floatingRtIndex="SOFR" curCd="USD"/>'
    "<terminationDt>2027-01-04</terminationDt><notionalAmt>150</notionalAmt><curCd>USD</curCd>"
    "<unrealizedAppr>5</unrealizedAppr></swapDeriv>"
)
_OPTION = (
    '<optionSwaptionWarrantDeriv derivCat="OPT"><putOrCall>{side}</putOrCall><writtenOrPur>{way}</writtenOrPur>'
    "{reference}<shareNo>100</shareNo><exercisePrice>250</exercisePrice><exercisePriceCurCd>USD</exercisePriceCurCd>"
    "<expDt>2027-01-15</expDt><delta>{delta}</delta><unrealizedAppr>1</unrealizedAppr></optionSwaptionWarrantDeriv>"
)
_SPACEX = _line(
    "SpaceX", "70", "<cusip>000000000</cusip><assetConditional assetCat='EP'/><isRestrictedSec>Y</isRestrictedSec>"
    "<fairValLevel>3</fairValLevel>",
)  # fmt: skip
_SHORT = _line("Swap", "-3e0", "<payoffProfile>Short</payoffProfile>")

NPORT = _filing(_TESLA, _SPACEX, _SHORT)

NPORTS = [
    NPORT,
    _filing(
        _TESLA,
        _line("Bills", "45", "<assetCat>DBT</assetCat>"),
        _derivative("Tesla swap", "5", "DE", _SWAP.format(reference=_REFERENCE)),
        net="110",
        form="<headerData><submissionType>NPORT-P</submissionType></headerData>",
    ),
    _filing(
        _TESLA,
        _derivative(
            "Put", "2", "DE", _OPTION.format(side="Put", way="Purchased", delta="-0.4", reference=_REFERENCE)
        ),
        _derivative("Call", "-1", "DE", _OPTION.format(side="Call", way="Written", delta="XXXX", reference=_REFERENCE)),
    ),
    _filing(
        _TESLA,
        _derivative("Basket swap", "-2", "DE", _SWAP.format(reference=_INDEX)),
        _derivative(
            "Future", "1", "DE",
            f'<futrDeriv derivCat="FUT"><payOffProf>Long</payOffProf>{_REFERENCE}<expDate>2027-01-01</expDate>'
            "<notionalAmt>20</notionalAmt><curCd>USD</curCd><unrealizedAppr>1</unrealizedAppr></futrDeriv>",
        ),
        _derivative(
            "Forward", "0.5", "DFE",
            '<fwdDeriv derivCat="FWD"><amtCurSold>10</amtCurSold><curSold>USD</curSold><amtCurPur>9</amtCurPur>'
            "<curPur>EUR</curPur><settlementDt>2027-01-01</settlementDt><unrealizedAppr>0.5</unrealizedAppr></fwdDeriv>",
        ),
        net="90",
    ),
    _filing(
        _TESLA,
        _line("SAP", "9", "<currencyConditional curCd='EUR' exchangeRt='0.9'/><assetCat>EC</assetCat>"),
        _derivative("Future", "1", "DE", _future("EUR", "18")),
        _derivative("W", "1", "DE", _OPTION.format(side="Call", way="Purchased", delta="0.5", reference=_REFERENCE)),
        _derivative(
            "Put", "-1", "DE",
            _OPTION.format(side="Put", way="Written", delta="-0.2", reference=_ALPHABET),
        ),
        _derivative("Rates", "1", "DIR", _SWAP.format(reference="").replace('"Other"', '"Fixed"')),
        _derivative("Credit", "1", "DCR", _SWAP.format(reference=_REFERENCE)),
    ),
    _filing(
        _TESLA,
        _TESLA.replace("60.25", "-20.5").replace("Long", "Short").replace("59.95", "-20.4").replace("0.2<", "-0.1<"),
        _SPACEX,
        _derivative(
            "Swaption", "1", "DE",
            '<optionSwaptionWarrantDeriv derivCat="SWO"><putOrCall>Call</putOrCall>'
            "<writtenOrPur>Purchased</writtenOrPur><descRefInstrmnt><nestedDerivInfo><derivativeInfo>"
            '<swapDeriv derivCat="SWP">'
            + _REFERENCE
            + "</swapDeriv></derivativeInfo></nestedDerivInfo></descRefInstrmnt><shareNo>1</shareNo><delta>0.5</delta>"
            "</optionSwaptionWarrantDeriv>",
        ),
        _derivative("Other", "0.1", "DO", f'<othDeriv derivCat="OTH" othDesc="x">{_REFERENCE}</othDeriv>'),
    ),
]  # fmt: skip
