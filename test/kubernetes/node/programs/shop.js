// Says a few things, and dies of an exception.
class Stock {
  take(item) {
    throw new RangeError(`no ${item} left`);
  }
}

function pay(order) {
  console.log(`order ${order}: taking one from the stock`);
  new Stock().take("tea");
}

console.log("shop is open");
console.log("order 4711 came in");
pay(4711);
