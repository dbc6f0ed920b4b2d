export { exchangeFormat } from "../exchange/exchange-format.js";
