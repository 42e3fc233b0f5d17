"""What cigate is compared with: one row scored by pandas, joblib and scikit-learn, as notebooks do it."""

import sys

import joblib
import pandas as pd

forest, names = joblib.load(sys.argv[1])
row = pd.DataFrame([dict.fromkeys(names, 0.5)])
print(forest.predict_proba(row.to_numpy())[0, 1])
