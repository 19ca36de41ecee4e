'use strict';
// What can go wrong under glass.

class FrostError extends Error {
  constructor(bed, degrees, options) {
    super(`bed ${bed} froze at ${degrees} °C`, options);
    this.name = 'FrostError';
    this.bed = bed;
  }
}

class ValveStuck extends Error {
  constructor(valve, options) {
    super(`valve ${valve} is stuck`, options);
    this.name = 'ValveStuck';
    this.code = 'E_VALVE';
    this.valve = valve;
  }
}

// A class that sets no name of its own, as many do.
class SeedlingLost extends Error {}

module.exports = { FrostError, ValveStuck, SeedlingLost };
