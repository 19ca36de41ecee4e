'use strict';
const { FrostError, SeedlingLost } = require('./errors');

const BEDS = { A1: { degrees: 14 }, B7: { degrees: -2 } };

class Greenhouse {
  #log = [];

  constructor(name) {
    this.name = name;
  }

  check(bed) {
    const { degrees } = BEDS[bed];
    this.#note(bed, degrees);
    return degrees;
  }

  #note(bed, degrees) {
    if (degrees < 0) throw new FrostError(bed, degrees);
    this.#log.push(bed);
  }

  get coldest() {
    return Object.keys(BEDS).map((bed) => this.check(bed)).sort()[0];
  }

  static transplant(plants) {
    return plants.map((plant) => {
      if (!plant.roots) throw new SeedlingLost(`no roots on ${plant.kind}`);
      return plant;
    });
  }
}

module.exports = { Greenhouse };
