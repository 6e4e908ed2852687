//! Sixty products in ten categories, made up for this shop.

/// A product to be sold.
pub(super) struct Entry {
    pub(super) category: &'static str,
    pub(super) name: &'static str,
    pub(super) price_cents: i64,
    pub(super) description: &'static str,
}

const fn entry(
    category: &'static str,
    name: &'static str,
    price_cents: i64,
    description: &'static str,
) -> Entry {
    Entry { category, name, price_cents, description }
}

/// In the order of their ids, from 1.
pub(super) const PRODUCTS: [Entry; 60] = [
    entry("electronics", "Wireless Headphones", 7999, "Over-ear headphones with thirty hours of battery"),
    entry("electronics", "Mechanical Keyboard", 8950, "Compact keyboard with quiet brown switches"),
    entry("electronics", "Laptop Stand", 3490, "Aluminium stand that folds flat for travel"),
    entry("electronics", "USB-C Hub", 4599, "Seven ports from one: display, card reader, network"),
    entry("electronics", "Portable Speaker", 5925, "Waterproof speaker the size of a mug"),
    entry("electronics", "Webcam", 6490, "Sharp picture even in a dim room"),
    entry("home-kitchen", "Coffee Grinder", 4975, "Burr grinder with forty settings"),
    entry("home-kitchen", "Cast Iron Pan", 3995, "Heavy pan for stove and oven"),
    entry("home-kitchen", "Electric Kettle", 5450, "Gooseneck kettle with temperature control"),
    entry("home-kitchen", "Chef's Knife", 6990, "Twenty centimetres of stainless steel"),
    entry("home-kitchen", "Linen Tablecloth", 2999, "Washed linen in sand and sage"),
    entry("home-kitchen", "Storage Jars", 1895, "Six glass jars with bamboo lids"),
    entry("books", "Tracing the Request", 3250, "A novel about a message that got lost between systems"),
    entry("books", "Cooking for Two", 2475, "Ninety recipes without leftovers"),
    entry("books", "Atlas of Small Islands", 4800, "Maps and stories of a hundred islands"),
    entry("books", "Garden Year", 1999, "What to sow and harvest, month by month"),
    entry("books", "Learn to Draw", 1650, "Thirty lessons with pencil and paper"),
    entry("books", "Short Walks by the Sea", 1425, "Forty coastal routes for an afternoon"),
    entry("clothing", "Merino Sweater", 7450, "Fine knit that keeps its shape"),
    entry("clothing", "Rain Jacket", 9900, "Light jacket with taped seams"),
    entry("clothing", "Canvas Sneakers", 5550, "Everyday shoes in organic cotton"),
    entry("clothing", "Wool Socks", 1290, "Three pairs for cold floors"),
    entry("clothing", "Denim Apron", 3375, "Work apron with deep pockets"),
    entry("clothing", "Straw Hat", 2650, "Wide brim, packs flat"),
    entry("sports", "Yoga Mat", 3499, "Natural rubber, five millimetres"),
    entry("sports", "Trail Backpack", 8490, "Twenty-two litres with a bottle on each side"),
    entry("sports", "Jump Rope", 1250, "Adjustable speed rope with ball bearings"),
    entry("sports", "Water Bottle", 1999, "Steel bottle that keeps ice for a day"),
    entry("sports", "Cycling Helmet", 6995, "Vented helmet, limited colour of the season"),
    entry("sports", "Resistance Bands", 1575, "Five strengths in a cotton bag"),
    entry("toys", "Wooden Train Set", 4290, "Forty pieces of beech track and a red engine"),
    entry("toys", "Puzzle of the Night Sky", 2199, "A thousand pieces that glow in the dark"),
    entry("toys", "Building Blocks", 3699, "A hundred and twenty blocks in a chest"),
    entry("toys", "Kite", 2450, "Delta kite for light winds"),
    entry("toys", "Marble Run", 3990, "Build a path, then let go"),
    entry("toys", "Card Game of Queues", 1499, "Serve your customers before the line grows too long"),
    entry("beauty", "Olive Soap", 790, "Bar soap made with olive oil"),
    entry("beauty", "Hand Cream", 1150, "With shea butter and rosemary"),
    entry("beauty", "Safety Razor", 3450, "Chrome razor with ten blades"),
    entry("beauty", "Hair Brush", 2225, "Beech handle and boar bristles"),
    entry("beauty", "Perfume No. 41", 8900, "Fig and cedar, small batches only"),
    entry("beauty", "Bath Salts", 1375, "Sea salt with lavender"),
    entry("garden", "Watering Can", 2890, "Zinc can with a brass rose"),
    entry("garden", "Pruning Shears", 3190, "Clean cuts up to two centimetres"),
    entry("garden", "Herb Seeds", 995, "Basil, thyme, dill and mint"),
    entry("garden", "Terracotta Pots", 2450, "Four pots with saucers"),
    entry("garden", "Garden Gloves", 1490, "Goatskin palms, long cuffs"),
    entry("garden", "Bird Feeder", 2675, "Cedar house with a copper roof"),
    entry("office", "Notebook", 1295, "Dotted paper that lies flat"),
    entry("office", "Fountain Pen", 4450, "Steel nib, writes at once"),
    entry("office", "Desk Lamp", 6590, "Dimmable lamp with a long arm"),
    entry("office", "Wall Calendar", 1850, "Twelve letterpress prints"),
    entry("office", "Paper Tray", 2150, "Three tiers of oiled oak"),
    entry("office", "Standing Desk Mat", 5490, "Soft underfoot for long days"),
    entry("food", "Single-Origin Coffee", 1450, "Half a kilo of beans from the highlands"),
    entry("food", "Dark Chocolate", 590, "Seventy-two percent cocoa with sea salt"),
    entry("food", "Wildflower Honey", 1125, "From hives at the edge of the forest"),
    entry("food", "Truffle Oil", 2490, "A few bottles each season"),
    entry("food", "Loose Leaf Tea", 1275, "Black tea with bergamot"),
    entry("food", "Spice Box", 3350, "Nine spices in a tin for slow cooking"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_catalogue_is_varied_and_clean() {
        let categories: BTreeSet<_> = PRODUCTS.iter().map(|entry| entry.category).collect();
        let names: BTreeSet<_> = PRODUCTS.iter().map(|entry| entry.name).collect();
        assert_eq!((categories.len(), names.len()), (10, 60));
        for entry in &PRODUCTS {
            assert!((100..100_000).contains(&entry.price_cents), "{}", entry.name);
            assert!(entry.category.len() >= 3 && !entry.description.is_empty());
        }
    }
}
