/** What there is to find before you write notes of your own. */
export const NOTES: readonly string[] = [
  "The cat sleeps on the warm roof.",
  "The dog waits at the door until she is home.",
  "Stocks fell sharply after the interest rate was raised.",
  "The bakery on the corner opens at six in the morning.",
  "Water the tomatoes in the evening, not at noon.",
  "The train to the coast leaves every two hours.",
  "She plays the cello in a string quartet.",
  "The new bridge is closed because of strong wind.",
];
