import { damageTests } from "./database/damage-tests.js";

damageTests(12, Number(process.env["NIGH_TEST_SEED"] ?? 1));
