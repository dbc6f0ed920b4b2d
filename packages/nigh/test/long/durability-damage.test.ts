import { damageTests } from "../database/damage-tests.js";

damageTests(200, Number(process.env["NIGH_TEST_SEED"] ?? Date.now() % 1_000_000));
