/** Every wire structure of TDX as a byte-layout table. */
export { SgxAttributes, TD_ATTRIBUTES, XFAM } from './attributes.ts';
export {
  CERTIFICATION,
  CertificationData,
  PckCertificationData,
  PpidCleartext,
  PpidRsa2048,
  PpidRsa3072,
  QeReportCertificationData,
} from './certification-data.ts';
export { MrExtendRecord, PageAddRecord } from './launch-record.ts';
export {
  BODY_TYPE,
  EcdsaAuthData,
  KEY_TYPE,
  OtherQuote,
  QuoteHeader,
  QuoteV4,
  QuoteV5,
  SignedQuoteV4,
  SignedQuoteV5,
  TdQuoteBody10,
  TdQuoteBody15,
  TEE_TYPE,
} from './quote.ts';
export { SgxReportBody } from './sgx-report.ts';
export { ReportMac, ReportType, TDX_REPORT_TYPE, TdInfo, TdReport, TeeTcbInfo } from './td-report.ts';
