import { damageTests } from "../database/damage-tests.js";

damageTests(400, Number(process.env["NIGH_TEST_SEED"] ?? Date.now() % 1_000_000));
